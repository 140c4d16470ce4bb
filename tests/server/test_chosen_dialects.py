"""A server that speaks some of the dialects only: the others are not there, in no address and in no document."""

from __future__ import annotations

import itertools
import re
from typing import Any

import jsonschema_rs
import pytest

from devkit.dialects.base import Dialect, Route
from devkit.dialects.shipped import DIALECTS
from devkit.journal import RequestEntry
from devkit.masking import mask_address
from tests.conftest import Client, StartServer
from tests.contract.wire import NOBODYS_ID

CHOICES = [*itertools.combinations(DIALECTS, 1), *itertools.combinations(DIALECTS, 2)]

each_choice = pytest.mark.parametrize("chosen", CHOICES, ids=lambda chosen: "-".join(one.name for one in chosen))


def address(route: Route) -> str:
    """An address of that route, of things that nobody has."""
    return re.sub(r"{\w+}", NOBODYS_ID, route.path)


def routes(dialects: Any) -> list[Route]:
    return [route for dialect in dialects for route in dialect.routes()]


def methods_at(path: str, served: list[Route]) -> set[str]:
    """The methods that those routes answer to at an address: what is written out wins over a parameter."""
    around, segments = served, path.split("/")
    for depth, segment in enumerate(segments):
        longer = [(route, route.path.split("/")) for route in around if route.path.count("/") >= depth]
        exact = [route for route, parts in longer if parts[depth] == segment]
        around = exact or [route for route, parts in longer if segment and parts[depth].startswith("{")]
    return {route.method for route in around if route.path.count("/") == path.count("/")}


def areas(dialect: Dialect) -> tuple[str, ...]:
    return dialect.areas or dialect.prefixes


def concrete(template: str) -> str:
    return re.sub(r"{\w+}", NOBODYS_ID, template).rstrip("/")


def below(area: str) -> str:
    return f"{concrete(area)}/surely/not/there"


def whose(path: str, chosen: tuple[Dialect, ...]) -> Dialect:
    """The dialect whose area lies closest around that address."""
    around = [
        (len(area), dialect)
        for dialect in chosen
        for area in areas(dialect)
        if path.startswith(below(area).removesuffix("surely/not/there"))
    ]
    return max(around, key=lambda pair: pair[0])[1]


def started(chosen: tuple[Dialect, ...]) -> dict[str, Any]:
    return {"dialects": tuple(dialect.name for dialect in chosen)}


@each_choice
async def test_every_address_of_those_served_is_there(start: StartServer, chosen: tuple[Dialect, ...]) -> None:
    async with start(**started(chosen)) as client:
        for route in routes(chosen):
            entry = await noted(client, route.method, address(route))
            assert entry.operation is not None, f"{route.method} {route.path}"
            assert entry.dialect in {dialect.name for dialect in chosen}


@each_choice
async def test_nothing_of_the_others_answers(start: StartServer, chosen: tuple[Dialect, ...]) -> None:
    served = routes(chosen)
    # An unknown address has the shape of those beside it, which may be another than the dialect's.
    shapes = [route.errors.schema for route in served] + [dialect.errors.schema for dialect in chosen]
    async with start(**started(chosen)) as client:
        for route in routes(dialect for dialect in DIALECTS if dialect not in chosen):
            path = address(route)
            methods = methods_at(path, served)
            if route.method in methods:
                continue
            answer = await client.send(route.method, path, allow_redirects=False)
            if route.method == "GET" and "GET" in methods_at(
                f"{path}/", [one for one in served if one.dialect.slashes]
            ):
                assert (answer.status, answer.headers["Location"]) == (308, f"{path}/")
                continue
            assert answer.status == (405 if methods else 404), f"{route.method} {path}"
            assert any(jsonschema_rs.is_valid(shape, answer.json) for shape in shapes), answer.json
        for dialect in DIALECTS:
            if dialect.socket_path and dialect.socket_path not in {one.socket_path for one in chosen}:
                assert (await client.send("GET", dialect.socket_path)).status == 404


@each_choice
async def test_an_unknown_address_is_answered_in_the_shape_of_its_area(
    start: StartServer, chosen: tuple[Dialect, ...]
) -> None:
    async with start(**started(chosen)) as client:
        for path in (below(area) for dialect in chosen for area in areas(dialect)):
            answer = await client.send("GET", path, allow_redirects=False)
            assert answer.status == 404
            jsonschema_rs.validate(whose(path, chosen).errors.schema, answer.json)


@each_choice
async def test_the_documents_tell_of_those_served_only(start: StartServer, chosen: tuple[Dialect, ...]) -> None:
    names = {dialect.name for dialect in chosen}
    async with start(**started(chosen)) as client:
        openapi = (await client.send("GET", "/_devkit/openapi.json")).json
        described = {one["x-devkit-dialect"] for item in openapi["paths"].values() for one in item.values()}
        assert described <= names
        assert set(openapi["paths"]) == {route.path for route in routes(chosen)}
        asyncapi = (await client.send("GET", "/_devkit/asyncapi.json")).json
        sockets = {channel["address"] for channel in asyncapi["channels"].values()}
        assert sockets == {dialect.socket_path for dialect in chosen} - {None}
        listed = (await client.send("GET", "/_devkit/api/routes")).json["data"]
        assert {row["dialect"] for row in listed} == names
        assert (await client.send("GET", "/_devkit/api/status")).json["dialects"] == [one.name for one in chosen]
        for dialect in DIALECTS:
            one = await client.send("GET", f"/_devkit/openapi.json?dialect={dialect.name}")
            assert one.status == (200 if dialect.name in names else 404)


async def noted(client: Client, method: str, path: str) -> RequestEntry:
    """What the journal says of a call without credentials."""
    await client.send(method, path, allow_redirects=False)
    entry = [entry for entry in client.sandbox.journal if isinstance(entry, RequestEntry)][-1]
    assert (entry.method, entry.path) == (method, mask_address(path))
    return entry


@pytest.mark.parametrize("dialect", list(DIALECTS), ids=lambda dialect: dialect.name)
async def test_health_answers_itself_whichever_dialect_is_served_alone(start: StartServer, dialect: Dialect) -> None:
    """CONTRACT.md, "Where rows meet": it answers 200 itself; `healthy` is what two teams' clients compare with."""
    async with start(dialects=(dialect.name,)) as client:
        answer = await client.send("GET", "/health", allow_redirects=False)
    assert (answer.status, answer.json["status"], list(answer.json)) == (
        200,
        "healthy",
        ["status", "version", "timestamp"],
    )
