"""The wire, written by hand: `goldens/<operation>.yaml` says what goes out and what has to come back.

A case has `request` (the request line), `send` (headers), one of `json` and `form` (a multipart body), and before that
`settings` of the server and what is `given` (steps below, whose results stand as `{name}` in the case). What comes back
is `status`, `headers` (all values of each that is named), and `answer` (the exact JSON) or `text`; without either, no
body at all. `<uuid>`, `<instant>` and the other PLACEHOLDERS stand for what differs from run to run.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Awaitable, Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import FormData

from devkit.contract.catalogue import OPERATIONS
from devkit.contract.errors import ERRORS, DomainError
from devkit.dialects.agreed import AGREED
from devkit.domain import uploads
from tests.conftest import Client, StartServer
from tests.contract.wire import DAY, INSTANT, SECOND, UUID, bearer, form, link_token, log_in, register, token_of

GOLDENS = Path(__file__).parent / "goldens"

PLACEHOLDERS = {
    "uuid": UUID.pattern,
    "instant": INSTANT.pattern,
    "request_id": "[A-Za-z0-9._-]{1,128}",
    "token": r"[\w.-]{20,}",
    "tag": '[^"]+',
    "sha256": "[0-9a-f]{64}",
    "text": ".+",
    "base": r"http://localhost:\d+",
}

Case = dict[str, Any]
Known = dict[str, str]
STEPS: dict[str, Callable[[Client, Known, pytest.MonkeyPatch], Awaitable[None]]] = {}


def step(name: str) -> Callable[[Any], Any]:
    def add(function: Any) -> Any:
        STEPS[name] = function
        return function

    return add


@step("signed in")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await client.sign_in()


@step("signed in as empty@example.com")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await client.sign_in("empty@example.com")


@step("a login")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    answer = await log_in(client)
    given = {"auth-token": answer.json.get("token"), "refresh-token": answer.json.get("refreshToken")} | answer.cookies
    known.update(access=given["auth-token"], refresh=given["refresh-token"])


@step("it is refreshed")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    answer = await client.send("POST", "/api/auth/refresh", json={"refreshToken": known["refresh"]})
    assert answer.status == 200


@step("eleven seconds pass")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    client.sandbox.clock.advance(11 * SECOND)


@step("thirty-one days pass")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    client.sandbox.clock.advance(31 * DAY)


@step("a registration")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await register(client)
    known["link"] = link_token(client, "ada@example.com")


@step("the link is opened")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    assert (await client.send("GET", f"/api/auth/verify?token={known['link']}")).status == 200


@step("a forgotten password")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await client.send("POST", "/api/auth/forgot", json={"email": "test@example.com"})
    known["link"] = link_token(client, "test@example.com")


@step("another session")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await token_of(client)
    sessions = (await client.send("GET", "/api/auth/sessions")).json["data"]
    [known["session"]] = [session["id"] for session in sessions if not session["current"]]


@step("a stranger's session")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    stranger = bearer(await token_of(client, "other@example.com"))
    [session] = (await client.send("GET", "/api/auth/sessions", headers=stranger)).json["data"]
    known["session"] = session["id"]


async def _make_task(client: Client, known: Known, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
    answer = await client.send("POST", "/api/tasks", json=body, headers=headers or {})
    known.update(task=answer.json["id"], tag=answer.headers["ETag"])


@step("a task")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    more = {"description": "Two litres", "priority": "high", "dueDate": "2026-02-01T09:00:00Z"}
    await _make_task(client, known, {"title": "Buy milk", **more})


@step("a task made with the key k1")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await _make_task(client, known, {"title": "Buy milk"}, {"Idempotency-Key": "k1"})


@step("a stranger's task")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await _make_task(client, known, {"title": "Not yours"}, bearer(await token_of(client, "other@example.com")))


@step("three tasks")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    for title in ("Cheese", "Apples", "Bread"):
        await _make_task(client, known, {"title": title})


async def _make_upload(client: Client, known: Known, headers: dict[str, str] | None = None) -> None:
    answer = await client.send("POST", "/api/uploads", data=form(("hello.txt", b"hello")), headers=headers or {})
    known.update(upload=answer.json["id"], tag=answer.headers["ETag"])


@step("an upload")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await _make_upload(client, known)


@step("a stranger's upload")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await _make_upload(client, known, bearer(await token_of(client, "other@example.com")))


@step("the disk is full")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise uploads._disk_error(OSError(errno.ENOSPC, "No space left on device"))

    patch.setattr(uploads, "_append", full)


def filled(value: Any, known: Known) -> Any:
    """`{name}` replaced by what a step found out."""
    if isinstance(value, str):
        return re.sub(r"{(\w+)}", lambda match: known.get(match[1], match[0]), value)
    if isinstance(value, dict):
        return {name: filled(inner, known) for name, inner in value.items()}
    return [filled(inner, known) for inner in value] if isinstance(value, list) else value


def multipart(parts: list[dict[str, str]]) -> FormData:
    data = FormData(quote_fields=False)
    for part in parts:
        content = BytesIO(part["content"].encode())
        data.add_field(part["name"], content, filename=part["filename"], content_type=part.get("type"))
    return data


def below_v1(value: Any) -> Any:
    """The same case below `/api/v1`."""
    if isinstance(value, str):
        return value.replace("/api/", "/api/v1/")
    if isinstance(value, dict):
        return {name: below_v1(inner) for name, inner in value.items()}
    return [below_v1(inner) for inner in value] if isinstance(value, list) else value


def differences(expected: Any, found: Any, where: str = "") -> list[str]:
    """Where an answer is not what was written down; order of members included."""
    if isinstance(expected, dict) and isinstance(found, dict):
        if list(expected) != list(found):
            return [f"{where}: members {list(found)} instead of {list(expected)}"]
        return [line for name in expected for line in differences(expected[name], found[name], f"{where}.{name}")]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [line for index, (left, right) in pairs for line in differences(left, right, f"{where}[{index}]")]
    if expected == "<number>":
        same = type(found) is int
    elif isinstance(expected, str) and isinstance(found, str):
        same = re.fullmatch(pattern_of(expected), found) is not None
    else:
        same = type(expected) is type(found) and expected == found
    return [] if same else [f"{where}: {found!r} instead of {expected!r}"]


def pattern_of(expected: str) -> str:
    parts = re.split(f"<({'|'.join(PLACEHOLDERS)})>", expected)
    return "".join(PLACEHOLDERS[part] if index % 2 else re.escape(part) for index, part in enumerate(parts))


def cases() -> list[tuple[str, Case]]:
    found = []
    for path in sorted(GOLDENS.glob("*.yaml")):
        found += [(path.stem, case) for case in yaml.safe_load(path.read_text("utf-8"))]
    return found


CASES = cases()


@pytest.mark.parametrize("version", ["api", "v1"])
@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[f"{stem}: {case['name']}" for stem, case in CASES])
async def test_the_wire_is_as_it_was_written_down(
    start: StartServer, monkeypatch: pytest.MonkeyPatch, case: Case, version: str
) -> None:
    known_keys = {"name", "settings", "given", "request", "send", "json", "form", "status", "headers", "answer", "text"}
    assert case.keys() <= known_keys
    if version == "v1":
        case = below_v1(case)
    async with start(**case.get("settings", {})) as client:
        known: Known = {}
        for name in case.get("given", []):
            await STEPS[name](client, known, monkeypatch)
        case = filled(case, known)
        method, _, target = case["request"].partition(" ")
        options: dict[str, Any] = {"json": case["json"]} if "json" in case else {}
        if "form" in case:
            options["data"] = multipart(case["form"])
        answer = await client.send(method, target, headers=case.get("send", {}), **options)
    assert answer.status == case["status"], answer.body
    for name, value in case.get("headers", {}).items():
        wanted = value if isinstance(value, list) else [value]
        assert not differences(wanted, list(answer.headers.getall(name, [])), name)
    if "answer" in case:
        assert not differences(case["answer"], answer.json)
        if "request_id" in case["answer"]:
            assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    else:
        assert answer.body.decode() == case.get("text", "")


def matches(request: str, method: str, path: str) -> bool:
    target = re.escape(path).replace(r"\{id\}", "[^/?]+")
    return re.fullmatch(rf"{method} {target}(\?.*)?", request) is not None


@pytest.mark.parametrize(
    "row", AGREED.rows, ids=lambda row: f"{row.method} {row.path}{' (root)' if row.rooted else ''}"
)
def test_every_route_has_a_golden_that_succeeds(row: Any) -> None:
    path = row.path if row.rooted else AGREED.prefixes[0] + row.path
    written = [case for stem, case in CASES if stem == row.operation]
    assert any(matches(case["request"], row.method, path) and case["status"] == row.answer.status for case in written)


@pytest.mark.parametrize(
    ("operation", "error"),
    [(operation.id, error) for operation in OPERATIONS for error in operation.errors],
    ids=str,
)
def test_every_error_that_an_operation_names_has_a_golden(operation: str, error: str) -> None:
    if operation not in {row.operation for row in AGREED.rows}:
        pytest.skip("another dialect's")
    status, code = AGREED.status_of(DomainError(error)), ERRORS[error].code
    written = [case for stem, case in CASES if stem == operation]
    assert any(case["status"] == status and case["answer"]["error"] == code for case in written if "answer" in case)


def test_every_golden_is_of_an_operation_and_every_step_is_used() -> None:
    assert {stem for stem, _ in CASES} == {row.operation for row in AGREED.rows}
    assert {name for _, case in CASES for name in case.get("given", [])} == set(STEPS)
    names = [(stem, case["name"]) for stem, case in CASES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": "<uuid>"}, {"a": "no uuid"}),
        (["<instant>"], ["2026-01-20T10:00:00Z"]),
        ([1], [1, 1]),
        (1, True),
        ("x.y", "xzy"),
        (None, ""),
        ("<number>", "5"),
    ],
)
def test_a_wrong_wire_is_noticed(expected: Any, found: Any) -> None:
    assert differences(expected, found)
