"""What an assistant has to know of devkit, in a page: parts of it are an `AGENTS.md`, an `llms.txt`, and the pages that
a wheel offers in the place of the documentation.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from devkit.blueprint.file.starter import starter
from devkit.records import dataclass

PORT = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a project's backend is. `contracts` are its files, empty where it is the agreed one; `users` are email and
    password, the first the test user; `login`, `who` and `lists` are a method and a path, empty where there is none.
    `own` are the project's scenarios. `command` starts devkit here.
    """

    url: str = f"http://localhost:{PORT}"
    contracts: tuple[str, ...] = ()
    dialects: tuple[str, ...] = ()
    operations: int = 0
    areas: tuple[str, ...] = ()
    users: tuple[tuple[str, str], ...] = ()
    login: str = ""
    who: str = ""
    lists: str = ""
    own: tuple[str, ...] = ()
    command: tuple[str, ...] = ("devkit",)


def commands(facts: Facts) -> str:
    rows = [
        ("devkit serve", f"starts the backend at {facts.url}; add `--json` to read its lines by program"),
        ("devkit status", "which servers run in this folder"),
        ("devkit contract list", "its operations; `contract show NAME` tells of one"),
        ("devkit routes", "every method and path"),
        ("devkit scenario list", "the ways it can fail; `scenario use NAME` and `scenario off` switch one"),
        ("devkit drill NAME -- COMMAND", "plays a scenario to what COMMAND tests, and judges it"),
        ("devkit log", "what reached it; `log show NUMBER` has headers and bodies"),
        ("devkit mail", "mails that it sent, with their links"),
        ("devkit clock advance 2h", "lets sessions and links expire without waiting"),
        ("devkit reset", "back to the seeded data"),
        ("devkit verify URL", "whether a real backend is what the frontend was built for"),
    ]
    table = "\n".join(f"| `{line}` | {what} |" for line, what in rows)
    how = "" if facts.command == ("devkit",) else f" Here `devkit` is `{' '.join(facts.command)}`."
    return f"| Command | does |\n| --- | --- |\n{table}\n\nAll of them know `--help`, and most know `--json`.{how}"


def people(facts: Facts) -> str:
    if not facts.users or not (facts.login or facts.who):
        return "Nobody has to sign in."
    email, password = facts.users[0]
    told = f"Sign in as `{email}` with `{password}`"
    told += f" at `{facts.login}`." if facts.login else "."
    others = [f"`{one}`" for one, _ in facts.users[1:]]
    if others:
        told += f" There are also {', '.join(others)}, with the same password where it is not said otherwise."
    return told + " `devkit token` prints an access token without signing in."


def sandboxes(facts: Facts) -> str:
    host = facts.url.partition("://")[2]
    return (
        "A sandbox is a backend of its own (data, clock, mails, failures), made in milliseconds. Give each test one, "
        "and tests never meet:\n\n"
        f'- make it: `POST {facts.url}/_devkit/api/sandboxes` with `{{"ttl": "10m"}}`; the answer has its `id`, `url`, '
        "`path_url` and `header`;\n"
        f"- browsers reach it by host, `http://ID.{host}`, cookies and sockets apart;\n"
        f"- programs reach it by path, `{facts.url}/~ID`, or with the header `X-Devkit-Sandbox: ID`;\n"
        "- who can be told an API key alone gets the answer's `token`, as its bearer token;\n"
        "- in pytest, `pip install 'devkit-mock[pytest]'` brings a fixture `devkit`, which is one, with a `client`,\n"
        "  its `clock`, `mail`, `scenario`, `journal` and `drill`;\n"
        f"- `DELETE {facts.url}/_devkit/api/sandboxes/ID` ends it. Who names none means `main`."
    )


def failures(facts: Facts) -> str:
    own = f" This project's own: {', '.join(f'`{one}`' for one in facts.own)}." if facts.own else ""
    return (
        f"A scenario is a named way to fail: `expired-token`, `maintenance`, `rate-limited` and so on.{own} It is on "
        f"in one sandbox: `POST {facts.url}/_devkit/api/scenarios/NAME/use` with that sandbox's header. To write one, "
        "put a file into `scenarios/`:\n\n"
        "```yaml\n"
        "name: list-is-down            # the file's name\n"
        "title: Lists fail now and then\n"
        "rules:\n"
        "  - id: broken\n"
        "    match: {needs: [list]}     # or operation: tasks.list\n"
        "    when: {skip: 1, times: 2}\n"
        "    fault: {type: http.abort, status: 503}\n"
        "```\n\n"
        f"`devkit scenario check scenarios/list-is-down.yaml` tells what is wrong with it; `devkit faults` lists what "
        "can break. Do not imitate failures in the frontend's code or in tests: switch a scenario on."
    )


def contract(facts: Facts) -> str:
    if facts.contracts:
        files = ", ".join(f"`{one}`" for one in facts.contracts)
        return (
            f"The API is described in {files}: change it there, never in a mock of your own. After each change `devkit "
            f"contract check {facts.contracts[0]}` tells all mistakes with their lines, and a running server follows "
            f"the file by itself. `devkit contract show {facts.contracts[0]}` tells what it comes to, `devkit contract "
            f"export {facts.contracts[0]}` prints it as OpenAPI."
        )
    spoken = f", spoken as {', '.join(facts.dialects)}" if facts.dialects else ""
    return (
        f"The API is the one that devkit brings along{spoken}; {facts.url}/_devkit/openapi.json describes it. For an "
        f"API of this project's own, `devkit contract init` writes a `backend.yaml` to begin with (with `--from "
        f"openapi.json` from a document), `devkit contract check backend.yaml` tells what is wrong with it, and "
        "`devkit serve --contract backend.yaml` serves it."
    )


def tools(facts: Facts) -> str:
    return (
        "`devkit mcp` gives assistants all of this as tools, with a sandbox of their own. For "
        f"`.mcp.json`:\n\n```json\n{snippet(facts)}\n```"
    )


def snippet(facts: Facts) -> str:
    """What an assistant's configuration says of it."""
    program, *rest = facts.command
    return json.dumps({"mcpServers": {"devkit": {"command": program, "args": [*rest, "mcp"]}}}, indent=2)


def agents(facts: Facts) -> str:
    """The section of an `AGENTS.md`."""
    return "\n\n".join(
        [
            "## The mock backend",
            "This project is developed and tested against devkit, a mock backend "
            f"that keeps real data and fails on demand. {_size(facts)}",
            "### Commands",
            commands(facts),
            "### Signing in",
            people(facts),
            "### A sandbox for each test",
            sandboxes(facts),
            "### When the backend fails",
            failures(facts),
            "### The contract",
            contract(facts),
            "### Tools for assistants",
            tools(facts),
        ]
    )


LLMS = "## Mock backend (devkit)"
"""The heading of our section."""


def llms(facts: Facts) -> str:
    """The section of an `llms.txt`, which holds links and nothing else (llmstxt.org, "Format")."""
    people_ = f"; test user {facts.users[0][0]} / {facts.users[0][1]}" if facts.users and facts.login else ""
    rows = [
        "- [AGENTS.md](AGENTS.md): how to start it, choose a sandbox, break it, change its contract",
        *(f"- [{one}]({one}): what the backend promises" for one in facts.contracts),
        f"- [Mock backend]({facts.url}): devkit, while `devkit serve` runs{people_}",
        f"- [OpenAPI document]({facts.url}/_devkit/openapi.json): every path with its schemas",
        f"- [WebSockets]({facts.url}/_devkit/asyncapi.json): its events, as an AsyncAPI document",
        f"- [Control API]({facts.url}/_devkit/api): sandboxes, scenarios, clock, mails, journal, drills",
    ]
    return LLMS + "\n\n" + "\n".join(rows)


def pages(facts: Facts | None = None) -> dict[str, str]:
    """Short pages, for where the documentation is not."""
    known = facts or Facts()
    backend = f"```yaml\n{starter('mine')}```"
    return {
        "using": "\n\n".join(["# Using devkit", commands(known), people(known)]) + "\n",
        "tests": "\n\n".join(["# In your tests", sandboxes(known)]) + "\n",
        "scenarios": "\n\n".join(["# Scenarios", failures(known)]) + "\n",
        "your-backend": "\n\n".join(["# Your own backend", contract(known), backend]) + "\n",
    }


def of_server(status: dict[str, Any], routes: Sequence[dict[str, Any]]) -> Facts:
    """The facts of a running server, as its control API tells them."""
    first = routes[0]["dialect"]
    mine = [row for row in routes if row["dialect"] == first]
    return Facts(
        url=status["url"],
        dialects=tuple(status["dialects"]),
        users=tuple((one["email"], one["password"]) for one in status["test_users"]),
        **told([(row["operation"], row["kept"], row["method"], row["path"]) for row in mine]),
    )


def told(routes: Sequence[tuple[str, str, str, str]]) -> dict[str, Any]:
    """What the routes of a dialect (operation, keeper, method, path) say of a backend."""

    def at(keeper: str) -> str:
        return next((f"{method} {path}" for _, kept, method, path in routes if kept == keeper), "")

    operations = dict.fromkeys(operation for operation, *_ in routes)
    return {
        "operations": len(operations),
        "areas": tuple(dict.fromkeys(operation.partition(".")[0] for operation in operations)),
        "login": at("sessions.login"),
        "who": at("accounts.me"),
    }


def _size(facts: Facts) -> str:
    if not facts.operations:
        return ""
    areas = ", ".join(facts.areas[:12])
    return f"It has {facts.operations} operations ({areas})."
