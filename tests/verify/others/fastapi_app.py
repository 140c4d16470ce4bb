"""FastAPI with fastapi-users, as its documentation has it, and notes in pages."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, UploadFile
from fastapi.middleware.cors import CORSMiddleware
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin, schemas
from fastapi_users.authentication import AuthenticationBackend, BearerTransport, JWTStrategy
from fastapi_users.db import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

SECRET = "of-a-server-for-a-test-that-nobody-else-reaches"


class Base(DeclarativeBase):
    pass


class User(SQLAlchemyBaseUserTableUUID, Base):
    pass


engine = create_async_engine("sqlite+aiosqlite:///users.db")
sessions = async_sessionmaker(engine, expire_on_commit=False)


async def session() -> AsyncIterator[AsyncSession]:
    async with sessions() as one:
        yield one


async def users(one: Annotated[AsyncSession, Depends(session)]) -> AsyncIterator[SQLAlchemyUserDatabase]:
    yield SQLAlchemyUserDatabase(one, User)


class Manager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    reset_password_token_secret = SECRET
    verification_token_secret = SECRET


async def manager(database: Annotated[SQLAlchemyUserDatabase, Depends(users)]) -> AsyncIterator[Manager]:
    yield Manager(database)


backend = AuthenticationBackend(
    name="jwt",
    transport=BearerTransport(tokenUrl="auth/jwt/login"),
    get_strategy=lambda: JWTStrategy(secret=SECRET, lifetime_seconds=3600),
)
members = FastAPIUsers[User, uuid.UUID](manager, [backend])
Current = Annotated[User, Depends(members.current_user(active=True))]


@asynccontextmanager
async def begin(_: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield


app = FastAPI(lifespan=begin)
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_credentials=True,
    allow_methods=["*"],
    allow_headers=["*"],
)
app.include_router(members.get_auth_router(backend), prefix="/auth/jwt")
app.include_router(members.get_register_router(schemas.BaseUser[uuid.UUID], schemas.BaseUserCreate), prefix="/auth")
app.include_router(members.get_users_router(schemas.BaseUser[uuid.UUID], schemas.BaseUserUpdate), prefix="/users")


class NewNote(BaseModel):
    title: str
    text: str = ""


class Note(NewNote):
    id: int


notes: dict[int, tuple[uuid.UUID, Note]] = {}


def own(note: int, user: User) -> Note:
    owner, found = notes.get(note, (None, None))
    if found is None or owner != user.id:
        raise HTTPException(404)
    return found


@app.get("/notes")
async def list_notes(user: Current, skip: int = 0, limit: int = 100) -> list[Note]:
    return [note for owner, note in notes.values() if owner == user.id][skip : skip + limit]


@app.post("/notes", status_code=201)
async def create_note(user: Current, new: NewNote) -> Note:
    note = Note(id=max(notes, default=0) + 1, **new.model_dump())
    notes[note.id] = (user.id, note)
    return note


@app.get("/notes/{id}")
async def get_note(user: Current, id: int) -> Note:  # noqa: A002 - the path's name
    return own(id, user)


@app.put("/notes/{id}")
async def replace_note(user: Current, id: int, new: NewNote) -> Note:  # noqa: A002 - the path's name
    note = own(id, user).model_copy(update=new.model_dump())
    notes[id] = (user.id, note)
    return note


@app.delete("/notes/{id}", status_code=204)
async def delete_note(user: Current, id: int) -> None:  # noqa: A002 - the path's name
    own(id, user)
    del notes[id]


@app.post("/files", status_code=201)
async def create_file(user: Current, file: UploadFile) -> dict[str, str | int | None]:
    return {"filename": file.filename, "size": len(await file.read()), "content_type": file.content_type}


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(app, port=int(os.environ["PORT"]), log_level="warning")
