"""FastAPI with what a small app has: people who sign in with a cookie, and a list of notes. Its address is the first
line of its output.
"""

from __future__ import annotations

import os
import socket
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import uvicorn
from fastapi import Cookie, Depends, FastAPI, HTTPException, Response
from pydantic import BaseModel

app = FastAPI()


class Login(BaseModel):
    email: str
    password: str


class User(BaseModel):
    id: int
    email: str
    name: str


class Account(BaseModel):
    user: User


class NewNote(BaseModel):
    title: str


class NoteChange(BaseModel):
    title: str | None = None
    done: bool | None = None


class Note(BaseModel):
    id: int
    title: str
    done: bool = False
    created_at: datetime


class Notes(BaseModel):
    items: list[Note]
    total: int


USERS = {"ada@example.com": (User(id=1, email="ada@example.com", name="Ada"), "correct horse")}
SESSIONS: dict[str, User] = {}
START = datetime(2026, 11, 1, 9, tzinfo=UTC)
NOTES = [
    Note(id=number, title=title, created_at=START + timedelta(minutes=number))
    for number, title in enumerate(("Buy milk", "Call Ben"), 1)
]


def signed_in(sid: Annotated[str | None, Cookie()] = None) -> User:
    if sid not in SESSIONS:
        raise HTTPException(401, "Please sign in")
    return SESSIONS[sid]


def found(id: int) -> Note:  # noqa: A002 - what the path calls it
    for note in NOTES:
        if note.id == id:
            return note
    raise HTTPException(404, "No such note")


Caller = Annotated[User, Depends(signed_in)]
TheNote = Annotated[Note, Depends(found)]


@app.post("/api/login")
async def login(told: Login, response: Response) -> Account:
    user, password = USERS.get(told.email, (None, ""))
    if user is None or told.password != password:
        raise HTTPException(401, "Wrong address or password")
    sid = os.urandom(16).hex()
    SESSIONS[sid] = user
    response.set_cookie("sid", sid, httponly=True, samesite="lax")
    return Account(user=user)


@app.post("/api/logout", status_code=204)
async def logout(user: Caller, response: Response) -> None:
    response.delete_cookie("sid")


@app.get("/api/me")
async def me(user: Caller) -> Account:
    return Account(user=user)


@app.get("/api/notes")
async def notes(user: Caller) -> Notes:
    return Notes(items=NOTES[::-1], total=len(NOTES))


@app.post("/api/notes", status_code=201)
async def create(user: Caller, told: NewNote) -> Note:
    note = Note(id=len(NOTES) + 1, title=told.title, created_at=START + timedelta(hours=1))
    NOTES.append(note)
    return note


@app.get("/api/notes/{id}")
async def get(user: Caller, note: TheNote) -> Note:
    return note


@app.patch("/api/notes/{id}")
async def change(user: Caller, note: TheNote, told: NoteChange) -> Note:
    for name, value in told.model_dump(exclude_unset=True).items():
        setattr(note, name, value)
    return note


@app.delete("/api/notes/{id}", status_code=204)
async def delete(user: Caller, note: TheNote) -> None:
    NOTES.remove(note)


if __name__ == "__main__":
    listening = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"http://127.0.0.1:{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, log_level="critical")).run([listening])
