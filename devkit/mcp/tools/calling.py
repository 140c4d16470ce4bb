"""One request to the sandbox, as a client would send it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, unquote, urlencode

from devkit.control.client import Client
from devkit.effects import fresh_secret, stopwatch
from devkit.errors import UsageError, did_you_mean
from devkit.mcp.base import Call, Input, Json, Tool
from devkit.mcp.reading import read

SHOWN = 6_000
"""Characters of a body that are shown, unless more are asked for."""

_TAKEN = {"host", "content-length", "transfer-encoding", "connection", "x-request-id", "te", "upgrade"}
_PLACE = re.compile(r"{(\w+)}")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Request(Input):
    operation: str = ""
    """An operation's id, such as tasks.create; or else method and path."""
    method: str = "GET"
    path: str = ""
    """Such as /api/tasks?limit=5."""
    path_params: dict[str, Any] = {}
    """operation: what stands for {id} in its path."""
    query: dict[str, Any] = {}
    headers: dict[str, str] = {}
    body: dict[str, Any] | list[dict[str, Any]] | str | None = None
    """JSON; a string is sent as it is."""
    user: str = ""
    """Email of whom to be signed in as; `test` is the test user."""
    dialect: str = ""
    max_body: int = SHOWN
    """Characters of the answer's body."""
    timeout: float = 30.0
    """Seconds."""


async def run(call: Call, given: Request) -> Json:
    method, target = await _target(call, given)
    headers = {"Accept": "application/json, */*;q=0.5", **_headers(given.headers)}
    body = _body(given.body, headers)
    if given.user:
        headers["Authorization"] = f"Bearer {await _token(call, given.user)}"
    client = await call.seat.client()
    wanted = f"mcp-{fresh_secret(6).hex()}"
    headers |= {"X-Devkit-Sandbox": call.seat.id, "X-Request-ID": wanted}
    began = stopwatch()
    told = await call.home.ask(_sent, client, method, target, headers, body, given)
    told["request"] = f"{method} {target}"
    told["seconds"] = round(stopwatch() - began, 3)
    entry = await _entry(call, wanted)
    if entry is not None:
        told["journal"] = entry["number"]
        for name in ("operation", "error", "note"):
            if entry.get(name):
                told[name] = entry[name]
        if entry["faults"]:
            told["faults"] = [f"{one['rule']} ({one['kind']})" for one in entry["faults"]]
    return told


async def _target(call: Call, given: Request) -> tuple[str, str]:
    """Method and request target. Raises UsageError."""
    if bool(given.operation) == bool(given.path):
        raise UsageError("call: either `operation` or `path` is needed, not both.", remedy="`operations` lists them.")
    if given.path:
        return _method(given.method), _own(given.path, given.query)
    routes = (await call.seat.get("/routes"))["data"]
    fits = [row for row in routes if not given.dialect or row["dialect"] == given.dialect]
    row = next((row for row in fits if row["operation"] == given.operation), None)
    if row is None:
        hint = did_you_mean(given.operation, {row["operation"] for row in fits})
        raise UsageError(f"There is no operation {given.operation[:80]!r}.{hint}", remedy="`operations` lists them.")
    needed = _PLACE.findall(row["path"])
    missing = [name for name in needed if name not in given.path_params]
    spare = [name for name in given.path_params if name not in needed]
    if missing or spare:
        what = f"needs {', '.join(missing)}" if missing else f"has no place for {', '.join(spare)}"
        raise UsageError(f"The path of {given.operation}, {row['path']}, {what}.", remedy="Give `path_params` so.")
    path = _PLACE.sub(lambda found: quote(_text(given.path_params[found[1]]), safe=""), row["path"])
    return row["method"], _own(path, given.query)


def _own(path: str, query: Mapping[str, Any]) -> str:
    """A request target that leads to the API of the caller's sandbox. Raises UsageError for any other."""
    if not path.startswith("/") or path.startswith("//"):
        raise UsageError(f"{path[:80]!r} is no path.", remedy="It begins with one slash: /api/tasks.")
    plain = unquote(path)
    if plain.startswith("/~") or "devkit_sandbox" in plain or "devkit_sandbox" in query:
        raise UsageError(
            "A client calls its own sandbox only.", remedy="Leave out of the address which sandbox is meant."
        )
    if plain.lower().startswith("/_devkit"):
        raise UsageError(
            "devkit's own addresses are not called by this tool.", remedy="The other tools do what they do."
        )
    # What stands there already encoded stays; what no request line may hold is encoded.
    path = quote(path.partition("#")[0], safe="/?&=%:;,@!$'()*+~[]")
    if query:
        pairs = [(name, _text(one)) for name, value in query.items() for one in _each(value)]
        path += ("&" if "?" in path else "?") + urlencode(pairs)
    return path


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _method(method: str) -> str:
    if not _TOKEN.fullmatch(method):
        raise UsageError(f"{method[:40]!r} is no method.", remedy="Such as GET, POST, PATCH.")
    return method.upper()


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    for name, value in given.items():
        if name.lower() in _TAKEN or name.lower().startswith("x-devkit-"):
            raise UsageError(f"The header {name} is set by the tool itself.", remedy="Leave it out.")
        if not _TOKEN.fullmatch(name) or re.search(r"[\r\n\x00]", value):
            raise UsageError(f"The header {name[:40]!r} cannot be sent as it is.", remedy="One line, no colon in it.")
    return dict(given)


def _body(body: Any, headers: dict[str, str]) -> bytes | None:
    if body is None:
        return None
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    return (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()


async def _token(call: Call, user: str) -> str:
    minted = await call.seat.post("/tokens", {} if user == "test" else {"user": user})
    return str(minted["token"])


def _sent(
    client: Client, method: str, target: str, headers: Mapping[str, str], body: bytes | None, given: Request
) -> dict[str, Any]:
    """What came; where no answer did, why: a scenario may have broken the connection."""
    connection = client.connection(timeout=min(max(given.timeout, 0.1), 120.0))
    try:
        connection.request(method, target, body, {name: value.encode() for name, value in headers.items()})
        response = connection.getresponse()
        told: dict[str, Any] = {"status": response.status, "headers": {}}
        for name, value in response.getheaders():
            told["headers"][name] = f"{told['headers'][name]}, {value}" if name in told["headers"] else value
        return told | read(response, given.max_body, given.timeout)
    except TimeoutError:
        return {"status": 0, "trouble": f"No answer within {given.timeout:g} s."}
    except (HTTPException, OSError) as error:
        return {"status": 0, "trouble": f"The connection broke: {error or type(error).__name__}."}
    finally:
        connection.close()


async def _entry(call: Call, wanted: str) -> dict[str, Any] | None:
    """The journal's entry of the request. It is written when the answer has left, which may be a moment later."""
    for _ in range(20):
        entries = (await call.seat.get("/journal", {"limit": 50, "type": "request"}))["data"]
        found = next((entry for entry in entries if entry["request_id"] == wanted), None)
        if found is not None:
            return dict(found)
        await asyncio.sleep(0.05)
    return None


TOOL = Tool(
    name="call",
    title="Call the backend",
    about="Sends one real HTTP request to your sandbox, by operation id or by path, signed in if `user` is given. Use "
    "it to see what the API answers, also under a scenario; `journal` is the number of its entry there.",
    input=Request,
    answer={
        "status": {"type": "integer", "description": "0: no answer came, see trouble"},
        "headers?": "object",
        "cut?": "boolean",
        "journal?": "integer",
        "faults?": "array",
        "trouble?": "string",
    },
    run=run,
    acts="changes",
)
