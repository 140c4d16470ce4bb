"""Real applications, and what their frontends ask of them: scripts whose exchanges are recorded."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from devkit.recording.base import Timing
from devkit.recording.writer import FolderRecorder, recorder_of

HERE = Path(__file__).parent / "apps"
PASSWORD = "password-123"


@dataclass
class Driver:
    """A client of an application that records what passes. Each person has their own cookies and token."""

    origin: str
    recorder: FolderRecorder
    scheme: str = "Bearer"

    def person(self) -> Person:
        # What is compressed would be recorded as it is, and this client gives it out as it was.
        headers = {"Accept-Encoding": "identity"}
        return Person(self, httpx.Client(base_url=self.origin, trust_env=False, headers=headers))

    def keep(self, answer: httpx.Response) -> None:
        request = answer.request
        fields = tuple(request.headers.raw)
        draft = self.recorder.begin(request.method, self.origin, request.url.raw_path.decode(), fields)
        draft.sent(request.read())
        draft.answered(answer.status_code, answer.reason_phrase, tuple(answer.headers.raw))
        draft.received(answer.content)
        draft.end(Timing())


@dataclass
class Person:
    driver: Driver
    http: httpx.Client
    token: str = ""

    def ask(self, method: str, target: str, sent: Any = None) -> Any:
        """What is answered, as JSON; None where that is none."""
        headers = {"Authorization": f"{self.driver.scheme} {self.token}"} if self.token else {}
        if "/api/auth/" in target:
            headers["Origin"] = self.driver.origin
        answer = self.http.request(method, target, headers=headers, **({} if sent is None else {"json": sent}))
        self.driver.keep(answer)
        return answer.json() if "json" in answer.headers.get("content-type", "") and answer.content else None


def record(origin: str, script: Callable[[Driver], None], folder: Path) -> None:
    """A recording of what a script does to an application."""
    recorder = recorder_of(folder)
    try:
        script(Driver(origin, recorder))
    finally:
        recorder.close()


@contextlib.contextmanager
def application(command: list[str], folder: Path) -> Iterator[str]:
    """Its address, while it runs."""
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield running.stdout.readline().strip()
        finally:
            running.kill()


def conduit(driver: Driver) -> None:
    """Two people who write, read, comment, favour and follow."""
    driver.scheme = "Token"
    guest, ada, ben = driver.person(), driver.person(), driver.person()
    guest.ask("GET", "/api/articles")
    guest.ask("GET", "/api/tags")
    guest.ask("POST", "/api/users", {"user": {"username": "", "email": "a@b.test", "password": PASSWORD}})
    for person, name in ((ada, "ada"), (ben, "ben")):
        told = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        person.token = person.ask("POST", "/api/users", {"user": told})["user"]["token"]
        person.ask("GET", "/api/user")
    guest.ask("POST", "/api/users", {"user": {"username": "ada2", "email": "ada@example.com", "password": PASSWORD}})
    guest.ask("POST", "/api/users/login", {"user": {"email": "ada@example.com", "password": "not-the-one"}})
    told = guest.ask("POST", "/api/users/login", {"user": {"email": "ada@example.com", "password": PASSWORD}})
    ada.token = told["user"]["token"]
    guest.ask("GET", "/api/user")
    ada.ask("PUT", "/api/user", {"user": {"bio": "I count."}})
    ada.ask("GET", "/api/user")
    slugs = []
    for title, tags in (("On Engines", ["engines", "notes"]), ("On Numbers", ["notes"]), ("On Looms", [])):
        article = {"title": title, "description": f"{title}, in short", "body": "A long text.", "tagList": tags}
        slugs.append(ada.ask("POST", "/api/articles", {"article": article})["article"]["slug"])
        guest.ask("GET", "/api/articles")
    article = {"title": "By Ben", "description": "Short", "body": "Text.", "tagList": ["ben"]}
    slugs.append(ben.ask("POST", "/api/articles", {"article": article})["article"]["slug"])
    ada.ask("POST", "/api/articles", {"article": {"description": "No title", "body": "x"}})
    guest.ask("POST", "/api/articles", {"article": article})
    guest.ask("GET", "/api/tags")
    for slug in slugs:
        guest.ask("GET", f"/api/articles/{slug}")
    guest.ask("GET", "/api/articles/nothing-of-this-name")
    for query in ("?limit=2&offset=0", "?limit=2&offset=2", "?tag=notes", "?author=ben", "?author=ada&limit=1"):
        guest.ask("GET", f"/api/articles{query}")
    ada.ask("PUT", f"/api/articles/{slugs[0]}", {"article": {"body": "A longer text."}})
    ben.ask("PUT", f"/api/articles/{slugs[0]}", {"article": {"body": "Mine?"}})
    guest.ask("GET", f"/api/articles/{slugs[0]}")
    ben.ask("GET", "/api/profiles/ada")
    ben.ask("GET", "/api/articles/feed")
    ben.ask("POST", "/api/profiles/ada/follow")
    ben.ask("GET", "/api/profiles/ada")
    ben.ask("GET", "/api/articles/feed?limit=10")
    guest.ask("GET", "/api/profiles/ada")
    guest.ask("GET", "/api/profiles/nobody-of-this-name")
    ben.ask("POST", f"/api/articles/{slugs[1]}/favorite")
    ben.ask("GET", f"/api/articles/{slugs[1]}")
    ada.ask("GET", f"/api/articles/{slugs[1]}")
    guest.ask("GET", "/api/articles?favorited=ben")
    ben.ask("DELETE", f"/api/articles/{slugs[1]}/favorite")
    ben.ask("GET", f"/api/articles/{slugs[1]}")
    guest.ask("GET", f"/api/articles/{slugs[1]}/comments")
    for text in ("First!", "Second."):
        ben.ask("POST", f"/api/articles/{slugs[1]}/comments", {"comment": {"body": text}})
    ada.ask("POST", f"/api/articles/{slugs[1]}/comments", {"comment": {"body": "Thanks."}})
    ben.ask("POST", f"/api/articles/{slugs[1]}/comments", {"comment": {"body": ""}})
    guest.ask("GET", f"/api/articles/{slugs[1]}/comments")
    ben.ask("DELETE", f"/api/articles/{slugs[1]}/comments/1")
    ben.ask("DELETE", f"/api/articles/{slugs[1]}/comments/99")
    guest.ask("GET", f"/api/articles/{slugs[1]}/comments")
    ben.ask("DELETE", "/api/profiles/ada/follow")
    ben.ask("GET", "/api/articles/feed")
    ben.ask("DELETE", f"/api/articles/{slugs[2]}")
    ada.ask("DELETE", f"/api/articles/{slugs[2]}")
    ada.ask("GET", f"/api/articles/{slugs[2]}")
    guest.ask("GET", "/api/articles")
    guest.ask("GET", "/api/articles?tag=nothing")


def tutorial(driver: Driver) -> None:
    """Somebody reads the snippets, and two people write some."""
    driver.scheme = "Token"
    guest, admin, aziz = driver.person(), driver.person(), driver.person()
    guest.ask("GET", "/snippets/")
    guest.ask("GET", "/snippets/?page=2")
    guest.ask("GET", "/snippets/?page=9")
    for number in (1, 2, 12):
        guest.ask("GET", f"/snippets/{number}/")
    guest.ask("GET", "/snippets/999/")
    guest.ask("GET", "/users/")
    guest.ask("GET", "/users/1/")
    guest.ask("GET", "/users/77/")
    guest.ask("POST", "/snippets/", {"code": "print('no')"})
    guest.ask("POST", "/api-token-auth/", {"username": "admin", "password": "wrong-password"})
    guest.ask("POST", "/api-token-auth/", {"username": "admin"})
    for person, name in ((admin, "admin"), (aziz, "aziz")):
        told = {"username": name, "password": "password123"}
        person.token = person.ask("POST", "/api-token-auth/", told)["token"]
    made = []
    for number in range(4):
        sent = {"title": f"New {number}", "code": f"run({number})", "language": ("rust", "javascript")[number % 2]}
        made.append(admin.ask("POST", "/snippets/", sent)["id"])
    made.append(aziz.ask("POST", "/snippets/", {"code": "x = 1", "linenos": True})["id"])
    made.append(aziz.ask("POST", "/snippets/", {"title": "Short", "code": "y"})["id"])
    admin.ask("POST", "/snippets/", {"title": "No code"})
    admin.ask("POST", "/snippets/", {"code": "z", "language": "cobol"})
    admin.ask("POST", "/snippets/", {"code": "z", "linenos": "perhaps"})
    for number in made:
        guest.ask("GET", f"/snippets/{number}/")
    guest.ask("GET", "/snippets/?page=2")
    admin.ask("PATCH", f"/snippets/{made[0]}/", {"title": "Renamed"})
    admin.ask("PATCH", f"/snippets/{made[1]}/", {"linenos": True, "language": "python"})
    admin.ask("PUT", f"/snippets/{made[2]}/", {"title": "Anew", "code": "anew()", "language": "rust", "linenos": False})
    admin.ask("PUT", f"/snippets/{made[2]}/", {"title": "No code again"})
    aziz.ask("PATCH", f"/snippets/{made[0]}/", {"title": "Mine now"})
    aziz.ask("DELETE", f"/snippets/{made[0]}/")
    guest.ask("DELETE", f"/snippets/{made[0]}/")
    guest.ask("GET", f"/snippets/{made[0]}/")
    guest.ask("GET", f"/snippets/{made[1]}/")
    admin.ask("DELETE", f"/snippets/{made[3]}/")
    guest.ask("GET", f"/snippets/{made[3]}/")
    admin.ask("DELETE", f"/snippets/{made[3]}/")
    aziz.ask("DELETE", "/snippets/2/")
    guest.ask("GET", "/snippets/")
    guest.ask("GET", "/snippets/?page=2")
    admin.ask("GET", "/users/")


def board(driver: Driver) -> None:
    """Two people sign up, and work on their boards."""
    guest, ada, ben = driver.person(), driver.person(), driver.person()
    guest.ask("GET", "/api/plans")
    guest.ask("GET", "/api/boards")
    guest.ask("GET", "/api/auth/get-session")
    for person, name in ((ada, "Ada Lovelace"), (ben, "Ben Franklin")):
        email = f"{name.split()[0].lower()}@example.com"
        person.ask("POST", "/api/auth/sign-up/email", {"name": name, "email": email, "password": PASSWORD})
        person.ask("GET", "/api/auth/get-session")
        person.ask("GET", "/api/boards")
    guest.ask("POST", "/api/auth/sign-in/email", {"email": "ada@example.com", "password": "not-the-password"})
    ada.ask("POST", "/api/auth/sign-out", {})
    ada.ask("GET", "/api/boards")
    ada.ask("POST", "/api/auth/sign-in/email", {"email": "ada@example.com", "password": PASSWORD})
    ada.ask("GET", "/api/auth/get-session")
    boards = []
    for number in range(7):
        told = {"name": f"Board {number}"} | ({"color": ("red", "blue")[number % 2]} if number < 4 else {})
        boards.append(ada.ask("POST", "/api/boards", told)["data"]["id"])
    other = ben.ask("POST", "/api/boards", {"name": "Ben's"})["data"]["id"]
    ada.ask("POST", "/api/boards", {"color": "red"})
    ada.ask("GET", "/api/boards")
    ada.ask("GET", "/api/boards?page=2&pageSize=5")
    ada.ask("GET", "/api/boards?page=1&pageSize=3")
    ben.ask("GET", "/api/boards")
    for one in (boards[0], boards[1], other):
        ada.ask("GET", f"/api/boards/{one}")
    ada.ask("PATCH", f"/api/boards/{boards[0]}", {"name": "Renamed"})
    ada.ask("PATCH", f"/api/boards/{boards[1]}", {"color": "green", "archived": True})
    ada.ask("POST", f"/api/boards/{boards[2]}/archive")
    ada.ask("GET", f"/api/boards/{boards[2]}")
    cards = []
    ada.ask("GET", f"/api/boards/{boards[0]}/cards")
    for number in range(4):
        told = {"title": f"Card {number}"} | ({"points": number} if number % 2 else {})
        cards.append(ada.ask("POST", f"/api/boards/{boards[0]}/cards", told)["data"]["id"])
    ada.ask("POST", f"/api/boards/{boards[1]}/cards", {"title": "Elsewhere"})
    ada.ask("POST", f"/api/boards/{boards[0]}/cards", {"points": 2})
    ada.ask("GET", f"/api/boards/{boards[0]}/cards")
    ada.ask("GET", f"/api/boards/{boards[0]}/cards/{cards[0]}")
    ada.ask("PATCH", f"/api/boards/{boards[0]}/cards/{cards[0]}", {"done": True})
    ada.ask("PATCH", f"/api/boards/{boards[0]}/cards/{cards[1]}", {"title": "Better", "points": 8})
    ada.ask("DELETE", f"/api/boards/{boards[0]}/cards/{cards[2]}")
    ada.ask("DELETE", f"/api/boards/{boards[0]}/cards/{cards[2]}")
    ada.ask("GET", f"/api/boards/{boards[0]}/cards")
    ada.ask("GET", f"/api/boards/{boards[1]}/cards")
    ben.ask("GET", f"/api/boards/{boards[0]}/cards")
    ben.ask("DELETE", f"/api/boards/{boards[3]}")
    ada.ask("DELETE", f"/api/boards/{boards[3]}")
    ada.ask("GET", f"/api/boards/{boards[3]}")
    ada.ask("GET", "/api/boards")
    guest.ask("GET", "/api/plans")
    ben.ask("POST", "/api/auth/sign-out", {})
    ben.ask("GET", "/api/boards")


def todo(driver: Driver) -> None:
    """Things to do: made, listed, changed and done."""
    guest = driver.person()
    guest.ask("GET", "/todos")
    guest.ask("GET", "/todos/count")
    made = []
    for number in range(6):
        told = {"title": f"Thing {number}"} | ({"desc": f"Of the kind {number}"} if number % 2 else {})
        made.append(guest.ask("POST", "/todos", told | ({"isComplete": False} if number > 3 else {}))["id"])
    guest.ask("POST", "/todos", {"desc": "no title"})
    guest.ask("POST", "/todos", {"title": 3})
    guest.ask("GET", "/todos")
    for number in made:
        guest.ask("GET", f"/todos/{number}")
    guest.ask("GET", "/todos/999")
    guest.ask("GET", "/todos/count")
    guest.ask("PATCH", f"/todos/{made[0]}", {"isComplete": True})
    guest.ask("PATCH", f"/todos/{made[1]}", {"title": "Another thing", "desc": "Changed"})
    guest.ask("PUT", f"/todos/{made[2]}", {"title": "Put", "desc": "Whole", "isComplete": True})
    guest.ask("PATCH", "/todos/999", {"isComplete": True})
    for number in made[:3]:
        guest.ask("GET", f"/todos/{number}")
    guest.ask("DELETE", f"/todos/{made[3]}")
    guest.ask("DELETE", f"/todos/{made[3]}")
    guest.ask("GET", f"/todos/{made[3]}")
    guest.ask("GET", "/todos")
    made.append(guest.ask("POST", "/todos", {"title": "One more"})["id"])
    guest.ask("GET", f"/todos/{made[-1]}")
    guest.ask("GET", "/todos")


SCRIPTS: dict[str, Callable[[Driver], None]] = {
    "conduit": conduit, "tutorial": tutorial, "board": board, "todo": todo,
}  # fmt: skip
