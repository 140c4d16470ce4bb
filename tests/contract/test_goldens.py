"""The wire, written by hand: `goldens/<dialect>/<operation>.yaml` says what goes out and what has to come back.

A case has `request` (the request line), `send` (headers), one of `json`, `form` (a multipart body) and `urlencoded` (a
form without files), and before that `settings` of the server and what is `given` (steps below, whose results stand as
`{name}` in the case). What comes back is `status`, `headers` (all values of each that is named), and `answer` (the
exact JSON), `text`, or `page` (texts that an HTML page holds); without any of these, no body at all. `<uuid>`,
`<instant>` and the other PLACEHOLDERS stand for what differs from run to run.
"""

from __future__ import annotations

import itertools
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import FormData

from devkit.contract.errors import ERRORS, DomainError
from devkit.contract.shipped import CONTRACT
from devkit.dialects.base import Dialect, Route, Row
from devkit.dialects.openapi.parts import fallible_fields
from devkit.dialects.shipped import DIALECTS
from tests.conftest import StartServer
from tests.contract.golden_steps import Known, load
from tests.contract.wire import INSTANT, UUID

GOLDENS = Path(__file__).parent / "goldens"

PLACEHOLDERS = {
    "uuid": UUID.pattern,
    "instant": INSTANT.pattern,
    "request_id": "[A-Za-z0-9._-]{1,128}",
    "token": r"[\w.-]{20,}",
    "signed": r"[0-9A-Za-z]{32}\.[\w.%-]{44,}",
    "session": "[0-9A-Za-z]{32}",
    "tag": '[^"]+',
    "sha256": "[0-9a-f]{64}",
    "text": ".+",
    "float": r"\d+\.\d+",
    "base": r"http://localhost:\d+",
}

Case = dict[str, Any]
KEYS = {
    "name", "settings", "given", "request", "send", "json", "form", "urlencoded", "status", "headers", "answer", "text",
    "page",
}  # fmt: skip
STEPS = load()


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
    elif expected == "<float>":
        same = type(found) is float
    elif isinstance(expected, str) and isinstance(found, str):
        same = re.fullmatch(pattern_of(expected), found) is not None
    else:
        same = type(expected) is type(found) and expected == found
    return [] if same else [f"{where}: {found!r} instead of {expected!r}"]


def pattern_of(expected: str) -> str:
    parts = re.split(f"<({'|'.join(PLACEHOLDERS)})>", expected)
    return "".join(PLACEHOLDERS[part] if index % 2 else re.escape(part) for index, part in enumerate(parts))


def cases() -> list[tuple[str, str, Case]]:
    """Dialect, operation and case."""
    found = []
    for path in sorted(GOLDENS.glob("*/*.yaml")):
        found += [(path.parent.name, path.stem, case) for case in yaml.safe_load(path.read_text("utf-8"))]
    return found


CASES = cases()
VERSIONED = [
    pytest.param(case, version, id=f"{dialect}: {stem}: {case['name']}{' (v1)' if version else ''}")
    for dialect, stem, case in CASES
    for version in ([False, True] if dialect == "agreed" else [False])
]


@pytest.mark.parametrize(("case", "version"), VERSIONED)
async def test_the_wire_is_as_it_was_written_down(
    start: StartServer, monkeypatch: pytest.MonkeyPatch, case: Case, version: bool
) -> None:
    assert case.keys() <= KEYS
    if version:
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
        if "urlencoded" in case:
            options["data"] = case["urlencoded"]
        answer = await client.send(method, target, headers=case.get("send", {}), allow_redirects=False, **options)
    assert answer.status == case["status"], answer.body
    for name, value in case.get("headers", {}).items():
        wanted = value if isinstance(value, list) else [value]
        assert not differences(wanted, list(answer.headers.getall(name, [])), name)
    if "answer" in case:
        assert not differences(case["answer"], answer.json)
        if "request_id" in (case["answer"] or ()):
            assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    elif "page" in case:
        assert [text for text in case["page"] if text not in answer.body.decode()] == []
    else:
        assert re.fullmatch(pattern_of(case.get("text", "")), answer.body.decode()), answer.body


def matches(request: str, method: str, path: str) -> bool:
    target = re.sub(r"\\{\w+\\}", "[^/?]+", re.escape(path))
    return re.fullmatch(rf"{method} {target}(\?.*)?", request) is not None


def written(dialect: Dialect, operation: str) -> list[Case]:
    return [case for name, stem, case in CASES if (name, stem) == (dialect.name, operation)]


def own_rows(dialect: Dialect) -> list[Row]:
    """The dialect's rows without those that it shares with one before it, whose goldens are there already."""
    before = itertools.takewhile(lambda other: other is not dialect, DIALECTS)
    shared = {id(row) for other in before for row in other.rows}
    return [row for row in dialect.rows if id(row) not in shared]


ROWS = [(dialect, row) for dialect in DIALECTS for row in own_rows(dialect)]


@pytest.mark.parametrize(
    ("dialect", "row"),
    ROWS,
    ids=[f"{dialect.name}: {row.method} {row.path}{' (root)' if row.rooted else ''}" for dialect, row in ROWS],
)
def test_every_route_has_a_golden_that_succeeds(dialect: Dialect, row: Row) -> None:
    path = row.path if row.rooted else dialect.prefixes[0] + row.path
    found = written(dialect, row.operation)
    assert any(matches(case["request"], row.method, path) and case["status"] == row.answer.status for case in found)


ERRONEOUS = [
    (dialect, row, error)
    for dialect in DIALECTS
    for row in {row.operation: row for row in own_rows(dialect)}.values()
    for error in (*CONTRACT.operations[row.operation].errors, *row.fails)
    if error not in row.spares
    if error != "validation_error" or fallible_fields(Route(dialect, row, dialect.prefixes[0]))
]


@pytest.mark.parametrize(
    ("dialect", "row", "error"),
    ERRONEOUS,
    ids=[f"{dialect.name}: {row.operation}: {error}" for dialect, row, error in ERRONEOUS],
)
def test_every_error_that_an_operation_names_has_a_golden(dialect: Dialect, row: Row, error: str) -> None:
    style = row.errors or dialect.errors
    status, code = style.status_of(DomainError(error)), ERRORS[error].code
    found = [
        case["answer"] for case in written(dialect, row.operation) if case["status"] == status and "answer" in case
    ]
    if tells_code(style.schema):
        found = [answer for answer in found if code in {answer.get("error"), (answer.get("details") or {}).get("code")}]
    assert found


def tells_code(schema: Any) -> bool:
    """Whether an error's body has a place for the contract's own code."""
    return "error" in schema.get("properties", {})


def test_every_golden_is_of_an_operation_and_every_step_is_used() -> None:
    spoken = {(dialect.name, row.operation) for dialect in DIALECTS for row in dialect.rows}
    own = {(dialect.name, row.operation) for dialect, row in ROWS}
    assert own <= {(name, stem) for name, stem, _ in CASES} <= spoken
    assert {name for _, _, case in CASES for name in case.get("given", [])} == set(STEPS)
    names = [(dialect, stem, case["name"]) for dialect, stem, case in CASES]
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
