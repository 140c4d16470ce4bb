"""How much of what was recorded a graduated backend answers equally, measured on real applications: `python -m
tests.learning.measure [application …]` writes the table into docs/graduate.md. It needs Node, npm and PyPI, and takes
some minutes.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from devkit.cli.graduate import learned_text, write, written_of
from devkit.learning.learning import learn
from devkit.recording.reading import open_recording
from tests.installing import npm_installed, pip_installed
from tests.learning import driving
from tests.learning.driving import HERE, SCRIPTS, application
from tests.learning.playing import Played, Player
from tests.learning.serving import graduated

DOCS = Path(__file__).parents[2] / "docs" / "graduate.md"
NODE = ("express@5.3.0", "better-auth@1.7.25", "jsonwebtoken@9.0.3", "@libsql/kysely-libsql@0.4.1", "kysely@0.28.8")
LOOPBACK = ("@loopback/example-todo@6.0.0",)
PYTHON = ("django==5.2.19", "djangorestframework==3.18.3")
TITLES = {
    "conduit": "a RealWorld (“Conduit”) backend on Express 5.3.0, with tokens",
    "tutorial": "the tutorial of Django REST framework 3.18.3, with tokens and pages",
    "board": "better-auth 1.7.25 with boards and cards of one's own on Express 5.3.0, with cookies",
    "todo": "LoopBack's example “todo” 6.0.0, as npm has it",
}
_TABLE = re.compile(r"(<!-- measured -->\n).*?(<!-- /measured -->)", re.DOTALL)


@dataclass
class Measured:
    name: str
    played: list[Played]
    lives: list[str] = field(default_factory=list)

    @property
    def equal(self) -> int:
        return sum(not one.differs for one in self.played)

    @property
    def line(self) -> str:
        share = 100 * self.equal / len(self.played)
        works = ", ".join(self.lives) or "–"
        return f"| {TITLES[self.name]} | {self.equal} of {len(self.played)} | {share:.1f} % | {works} |"


def installed(folder: Path, name: str) -> tuple[list[str], Path]:
    """The command that runs an application, and where."""
    data = folder / f"data-{name}"
    data.mkdir()
    if name == "tutorial":
        python = pip_installed(folder / "venv", *PYTHON)
        return [str(python), str(HERE / "tutorial.py"), str(data)], data
    modules = folder / ("loopback" if name == "todo" else "node")
    if not modules.exists():
        npm_installed(modules, *(LOOPBACK if name == "todo" else NODE))
    shutil.copy(HERE / f"{name}.mjs", modules)
    return ["node", f"{name}.mjs", str(data)], modules


async def measured(name: str, folder: Path) -> Measured:
    """Drive an application, graduate the recording, and play it against what came of it."""
    command, where = installed(folder, name)
    with application(command, where) as origin:
        driving.record(origin, SCRIPTS[name], folder / "recordings" / name)
    exchanges = [*open_recording(folder / "recordings" / name)]
    file = folder / "graduated" / name / "backend.yaml"
    write(written_of(learned_text(learn(exchanges, name), file), file))
    async with graduated(file) as (http, url):
        player = Player(url)
        found = Measured(name, await player.play(http, exchanges))
    async with graduated(file) as (http, url):
        found.lives = await LIVES[name](http, url)
    return found


async def lives(
    http: aiohttp.ClientSession, collection: str, new: Any, change: Any, *, member: str = "id", **more: Any
) -> list[str]:
    """Which of what was never recorded works: a row is created, listed, changed and deleted."""
    done: list[str] = []
    wrap, headers, method = more.get("wrap", ""), more.get("headers", {}), more.get("method", "PATCH")
    sent = {wrap: new} if wrap and more.get("takes") else new

    async def call(method: str, url: str, body: Any = None) -> tuple[int, Any]:
        async with http.request(method, url, json=body, headers=headers) as got:
            text = await got.read()
            return got.status, await got.json() if text else None

    status, made = await call("POST", collection, sent)
    if status not in {200, 201}:
        return done
    done.append("create")
    row = made[wrap] if wrap else made
    item = f"{collection.rstrip('/')}/{row[member]}{'/' * collection.endswith('/')}"
    _, listed = await call("GET", f"{collection}{more.get('last', '')}")
    if str(row[member]) in str(listed):
        done.append("list")
    status, _ = await call(method, item, {wrap: change} if wrap and more.get("takes") else change)
    _, after = await call("GET", item)
    shown = after[wrap] if wrap else after
    if status < 300 and all(shown[name] == value for name, value in change.items()):
        done.append("change")
    status, _ = await call("DELETE", item)
    gone, _ = await call("GET", item)
    if status < 300 and gone == 404:
        done.append("delete")
    return done


async def conduit(http: aiohttp.ClientSession, url: str) -> list[str]:
    person = {"username": "zoe", "email": "zoe@example.com", "password": "another-password"}
    async with http.post(f"{url}/api/users", json={"user": person}) as got:
        token = (await got.json())["user"]["token"]
    article = {"title": "Anew", "description": "Never recorded", "body": "Text", "tagList": ["new"]}
    return await lives(
        http,
        f"{url}/api/articles",
        article,
        {"body": "Changed"},
        member="slug",
        wrap="article",
        takes=True,
        method="PUT",
        headers={"Authorization": f"Token {token}"},
    )


async def tutorial(http: aiohttp.ClientSession, url: str) -> list[str]:
    async with http.post(f"{url}/api-token-auth/", json={"username": "admin", "password": SECRET}) as got:
        token = (await got.json())["token"]
    headers = {"Authorization": f"Token {token}"}
    new = {"title": "Never recorded", "code": "new()", "language": "python"}
    return await lives(http, f"{url}/snippets/", new, {"title": "Changed"}, last="?page=2", headers=headers)


async def board(http: aiohttp.ClientSession, url: str) -> list[str]:
    person = {"name": "Zoe", "email": "zoe@example.com", "password": "another-password"}
    headers = {"Origin": url}
    async with http.post(f"{url}/api/auth/sign-up/email", json=person, headers=headers) as got:
        cookie = "; ".join(line.partition(";")[0] for line in got.headers.getall("Set-Cookie"))
    headers = {"Cookie": cookie, "Origin": url}
    return await lives(
        http, f"{url}/api/boards", {"name": "Never recorded"}, {"color": "green"}, wrap="data", headers=headers
    )


async def todo(http: aiohttp.ClientSession, url: str) -> list[str]:
    return await lives(http, f"{url}/todos", {"title": "Never recorded"}, {"title": "Changed"})


SECRET = "devkit-secret-3"
"""What stands for the password that people of the tutorial have."""
LIVES: dict[str, Callable[[aiohttp.ClientSession, str], Any]] = {
    "conduit": conduit, "tutorial": tutorial, "board": board, "todo": todo,
}  # fmt: skip


def main(names: list[str]) -> None:
    lines = []
    with tempfile.TemporaryDirectory(prefix="devkit-graduate-") as folder:
        for name in names or [*SCRIPTS]:
            found = asyncio.run(measured(name, Path(folder)))
            lines.append(found.line)
            sys.stdout.write(f"{found.line}\n")
            for one in found.played:
                if one.differs:
                    asked = f"{one.exchange.method} {one.exchange.target} {one.exchange.status}"
                    sys.stdout.write(f"  {asked}: {one.differs}\n")
    if not names:
        head = "| application | equal | share | never recorded, and works |\n| --- | --- | --- | --- |\n"
        text = DOCS.read_text()
        DOCS.write_text(_TABLE.sub(lambda found: found[1] + head + "\n".join(lines) + "\n" + found[2], text))


if __name__ == "__main__":
    main(sys.argv[1:])
