"""`/` and `/docs`: what a person and a program that waits find there."""

from __future__ import annotations

import pytest

from tests.conftest import Client

PAGE = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("accept", ["*/*", "application/json, text/plain, */*", "application/json"])
async def test_a_program_that_waits_sees_that_the_server_is_ready(client: Client, method: str, accept: str) -> None:
    """wait-on asks with HEAD (`http://`) or GET (`http-get://`), start-server-and-test and Playwright with GET."""
    answer = await client.send(method, "/", headers={"Accept": accept})
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    if method == "GET":
        assert f"{client.url}/_devkit/" in answer.body.decode()


async def test_a_browser_is_led_to_the_panel(client: Client) -> None:
    async with client.http.get("/", headers=PAGE) as answer:
        assert (answer.status, answer.url.path) == (200, "/_devkit/")
        assert "<title>" in await answer.text()


@pytest.mark.parametrize("path", ["/docs", "/docs/", "/_devkit/docs/"])
async def test_docs_leads_to_the_reference(client: Client, path: str) -> None:
    async with client.http.get(path) as answer:
        assert (answer.status, answer.url.path) == (200, "/_devkit/docs")


async def test_readiness_is_no_call_and_no_scenario_touches_it(client: Client) -> None:
    await client.send("POST", "/_devkit/api/scenarios/maintenance/use")
    assert (await client.send("GET", "/api/tasks")).status == 503
    before = len(client.sandbox.journal)
    assert (await client.send("GET", "/")).status == 200
    assert len(client.sandbox.journal) == before


async def test_a_page_of_a_frontend_may_ask_too(client: Client) -> None:
    answer = await client.send("GET", "/", headers={"Origin": "http://localhost:5173"})
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:5173"
    assert set(answer.headers["Vary"].split(", ")) == {"Accept", "Origin"}


async def test_other_methods_are_refused_like_everywhere(client: Client) -> None:
    assert (await client.send("POST", "/")).status == 404
