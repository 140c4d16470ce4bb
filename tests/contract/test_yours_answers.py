"""An OpenAPI document whose operations are no rows: what a client sends is read, and answered, as it says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from devkit.config import Settings
from devkit.sandbox import Template
from devkit.server.hosting.app import running
from devkit.server.hosting.backends import backend_for
from tests.blueprint.serving import served

DOCUMENT = """\
openapi: 3.1.0
info: {title: Rates, version: "1"}
paths:
  /rates/{currency}:
    get:
      operationId: getRate
      parameters:
        - {name: currency, in: path, required: true, schema: {type: string, pattern: "^[A-Z]{3}$"}}
        - {name: days, in: query, schema: {type: integer, maximum: 30, default: 7}}
        - {name: pairs, in: query, explode: false, schema: {type: array, items: {enum: [usd, eur]}}}
        - {name: X-Client, in: header, required: true, schema: {type: string}}
        - {name: theme, in: cookie, schema: {enum: [dark, light]}}
      responses:
        "200":
          description: A rate
          headers: {X-Cost: {schema: {type: integer, minimum: 1, maximum: 3}}}
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Rate"}
              examples:
                usual: {value: {currency: EUR, rate: 1.08}}
                other: {value: {currency: CHF, rate: 0.9}}
            text/csv: {schema: {type: string}, example: "currency,rate"}
        "404": {description: None}
  /conversions:
    post:
      operationId: convert
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: "#/components/schemas/Conversion"}}
          application/x-www-form-urlencoded: {schema: {$ref: "#/components/schemas/Conversion"}}
          multipart/form-data:
            schema:
              type: object
              required: [receipt]
              properties: {receipt: {type: string, format: binary}, amount: {type: number}}
      responses:
        "201":
          description: Done
          content: {application/vnd.rates+json: {schema: {$ref: "#/components/schemas/Conversion"}}}
        "422": {description: Wrong}
components:
  schemas:
    Rate:
      type: object
      required: [currency, rate]
      properties: {currency: {type: string}, rate: {type: number}}
    Conversion:
      type: object
      required: [id, amount, to]
      additionalProperties: false
      properties:
        id: {type: integer, readOnly: true}
        amount: {type: number, exclusiveMinimum: 0}
        to: {type: array, minItems: 1, items: {type: string}}
        secret: {type: string, writeOnly: true}
"""


@pytest_asyncio.fixture
async def rates(tmp_path: Path, template: Template) -> AsyncIterator[aiohttp.ClientSession]:
    file = tmp_path / "openapi.yaml"
    file.write_text(DOCUMENT)
    settings = Settings(
        port=0, memory=True, state_dir=tmp_path, scenario_dir=tmp_path / "scenarios", contract=(str(file),)
    )
    async with (
        running(settings, template, await asyncio.to_thread(backend_for, settings)) as (_, ready),
        aiohttp.ClientSession(ready.url, headers={"X-Client": "tests"}) as http,
    ):
        yield http


async def got(response: aiohttp.ClientResponse) -> tuple[int, Any]:
    async with response:
        return response.status, await response.json(content_type=None)


def mistakes(body: Any) -> dict[str, str]:
    """What an error says, by pointer (RFC 9457 and its example in section 3)."""
    return {one["pointer"]: one["detail"] for one in body["errors"]}


async def test_an_example_is_answered_with_what_the_path_says(rates: aiohttp.ClientSession) -> None:
    async with rates.get("/rates/USD") as response:
        assert await response.json() == {"currency": "USD", "rate": 1.08}
        assert response.headers["Content-Type"] == "application/json; charset=utf-8"
        assert response.headers["X-Cost"] in {"1", "2", "3"}
    async with rates.head("/rates/USD") as response:
        assert (response.status, await response.read()) == (200, b"")
        assert response.headers["Content-Type"] == "application/json; charset=utf-8"


async def test_the_client_chooses_by_prefer_and_accept(rates: aiohttp.ClientSession) -> None:
    async with rates.get("/rates/CHF", headers={"Prefer": "example=other"}) as response:
        assert await response.json() == {"currency": "CHF", "rate": 0.9}
        assert response.headers["Preference-Applied"] == "example=other"
    async with rates.get("/rates/CHF", headers={"Prefer": "code=404"}) as response:
        assert (response.status, response.headers["Content-Type"].partition(";")[0]) == (
            404,
            "application/problem+json",
        )
    async with rates.get("/rates/CHF", headers={"Accept": "text/csv"}) as response:
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert await response.text() == "currency,rate"


async def test_everything_that_is_wrong_beside_the_body_is_told_at_once(rates: aiohttp.ClientSession) -> None:
    status, body = await got(
        await rates.get(
            "/rates/euro?days=31&pairs=usd,gbp", headers={"Cookie": "theme=pink"}, skip_auto_headers=["X-Client"]
        )
    )

    assert status == 400
    assert {pointer.removeprefix("#/") for pointer in mistakes(body)} == {"currency", "days", "pairs/1", "theme"}


async def test_a_body_may_come_in_each_of_its_media_types(rates: aiohttp.ClientSession) -> None:
    """What is readOnly may be sent back, even where nothing else may be (OpenAPI 3.1, "Schema Object")."""
    sent = {"id": 5, "amount": 3, "to": ["EUR"]}
    async with rates.post("/conversions", json=sent) as response:
        assert (response.status, response.headers["Content-Type"]) == (201, "application/vnd.rates+json; charset=utf-8")
        made = await response.json(content_type=None)
    assert (made["amount"], made["to"]) == (3, ["EUR"])
    assert made.keys() == {"id", "amount", "to"}

    status, body = await got(await rates.post("/conversions", data=[("amount", "0"), ("to[0]", "EUR")]))
    assert (status, [*mistakes(body).values()]) == (400, ["Must be more than 0"])
    assert (await got(await rates.post("/conversions", data=[("amount", "2.5"), ("to[]", "EUR")])))[1]["amount"] == 2.5

    form = aiohttp.FormData()
    form.add_field("receipt", b"x" * 100_000, filename="a.png", content_type="image/png")
    form.add_field("amount", "7")
    assert (await got(await rates.post("/conversions", data=form)))[1]["amount"] == 7
    form = aiohttp.FormData({"amount": "many"}, default_to_multipart=True)
    status, body = await got(await rates.post("/conversions", data=form))
    assert (status, sorted(mistakes(body).values())) == (400, ["Must be a number", "Required"])


@pytest.mark.parametrize(
    ("data", "headers", "status"),
    [
        (b"<a/>", {"Content-Type": "application/xml"}, 415),
        (b"{}", {}, 415),
        (b"", {"Content-Type": "application/json"}, 400),
        (b"{", {"Content-Type": "application/json"}, 400),
        (b"[1]", {"Content-Type": "application/json"}, 400),
        (b"9" * 5000, {"Content-Type": "application/json"}, 400),
        (b'{"amount": 1e999, "to": ["x"]}', {"Content-Type": "application/json"}, 400),
        (b'{"amount": 1, "to": ["\\ud800"]}', {"Content-Type": "application/json"}, 400),
        (b"[" * 900 + b"]" * 900, {"Content-Type": "application/json"}, 400),
        (b"%ff=1", {"Content-Type": "application/x-www-form-urlencoded"}, 400),
        (b"--x", {"Content-Type": "multipart/form-data; boundary=x"}, 400),
        (b"x", {"Content-Type": "multipart/form-data"}, 400),
    ],
)
async def test_bad_bodies_are_told(
    rates: aiohttp.ClientSession, data: bytes, headers: dict[str, str], status: int
) -> None:
    async with rates.post("/conversions", data=data, headers=headers, skip_auto_headers=["Content-Type"]) as response:
        told = await response.json(content_type=None)
        assert (response.status, told["status"]) == (status, status)
        if status == 415:
            assert "application/json" in response.headers["Accept-Post"]


TEAMS = """\
openapi: 3.1.0
info: {title: Teams, version: "1"}
paths:
  /teams:
    get:
      operationId: listTeams
      responses:
        "200":
          description: All
          content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Brief"}}}}
    post:
      operationId: createTeam
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Team"}}}}
      responses:
        "201": {description: Made, content: {application/json: {schema: {$ref: "#/components/schemas/Team"}}}}
  /teams/{id}:
    get:
      operationId: getTeam
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses:
        "200": {description: One, content: {application/json: {schema: {$ref: "#/components/schemas/Full"}}}}
components:
  schemas:
    Brief:
      type: object
      required: [id, name]
      properties: {id: {type: integer}, name: {type: string}}
      additionalProperties: false
    Team:
      type: object
      required: [name]
      properties: {id: {type: integer, readOnly: true}, name: {type: string}, size: {type: integer}}
    Full:
      type: object
      required: [id, name, parent, size]
      properties:
        id: {type: integer}
        name: {type: string}
        size: {type: integer}
        parent: {type: object, required: [name], properties: {name: {type: string}}}
"""


async def test_a_row_is_what_each_operation_promises_of_it(tmp_path: Path, template: Template) -> None:
    async with served(tmp_path / "teams.yaml", TEAMS, template) as teams:
        status, made = await teams.call("POST", "/teams", {"name": "Blue", "size": 3})
        assert (status, made["name"], made["size"]) == (201, "Blue", 3)
        _, one = await teams.call("GET", f"/teams/{made['id']}")
        assert (one["name"], one["size"], isinstance(one["parent"]["name"], str)) == ("Blue", 3, True)
        assert (await teams.call("GET", f"/teams/{made['id']}"))[1] == one
        _, listed = await teams.call("GET", "/teams")
        assert listed[0] == {"id": made["id"], "name": "Blue"}
