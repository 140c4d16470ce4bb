"""What is no backend, or not the one that was meant, is told in a sentence, and never a pass."""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import replace

import pytest
import trustme

from devkit.contract.base import Contract
from devkit.dialects.shipped import DIALECTS
from devkit.errors import OperatorError
from devkit.registry import Registry
from devkit.verify.case import Account
from devkit.verify.catalogue import CHECKS, chosen
from devkit.verify.report import Report
from devkit.verify.running import Plan, run
from devkit.verify.target import Target
from devkit.verify.wire import Door
from tests.conftest import Client
from tests.verify.conftest import USERS
from tests.verify.serving import answer, relaying, serving

AGREED = DIALECTS["agreed"]
EVERYTHING = Plan(checks=list(CHECKS), users=USERS[:1])


async def verified(url: str, plan: Plan = EVERYTHING, dialect: str = "agreed") -> Report:
    return await run(Target(Door.of(url, patience=5), DIALECTS[dialect]), plan)


async def test_nobody_answers() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(OperatorError, match=rf"Nobody answers at http://127\.0\.0\.1:{port}: Connection refused\."):
        await verified(f"http://127.0.0.1:{port}")


async def test_a_redirect_to_a_login_page_is_no_api() -> None:
    async with serving(lambda *_: answer("302 Found", Location="https://sso.example.com/login")) as url:
        with pytest.raises(OperatorError, match=r"is no API, .* redirect to https://sso\.example\.com/login"):
            await verified(url)


async def test_a_login_page_with_200_is_no_api() -> None:
    async with serving(lambda *_: answer("200 OK", "<form>", Content_Type="text/html; charset=utf-8")) as url:
        with pytest.raises(OperatorError, match=r"is no API, .* with a page \(200, text/html\)"):
            await verified(url)


async def test_a_certificate_that_nobody_trusts_is_told_and_can_be_taken_all_the_same() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with serving(lambda *_: answer("302 Found", Location="/login"), context) as url:
        with pytest.raises(OperatorError, match=r"its certificate is not trusted: .*issuer certificate") as told:
            await verified(url)
        assert "--insecure" in str(told.value.remedy)
        with pytest.raises(OperatorError, match="is no API"):
            await run(Target(Door.of(url, insecure=True), AGREED), EVERYTHING)


async def test_https_where_there_is_none(client: Client) -> None:
    with pytest.raises(OperatorError, match="TLS does not come about"):
        await verified(client.url.replace("http:", "https:"))


async def test_what_is_no_http_is_told() -> None:
    async with serving(lambda *_: b"220 mail.example.com ESMTP\r\n") as url:
        with pytest.raises(OperatorError, match="does not speak HTTP"):
            await verified(url)


async def test_a_wrong_password_verifies_nothing(client: Client) -> None:
    plan = replace(EVERYTHING, users=[Account("test@example.com", "Not-The-Password")])
    with pytest.raises(OperatorError, match=r"as test@example\.com is answered with 401: not signed in, nothing is"):
        await verified(client.url, plan)


async def test_a_backend_that_answers_401_to_everything_verifies_nothing() -> None:
    """It passes a schema checker where 401 is documented (FACTS: verifiers)."""
    async with serving(lambda *_: answer("401 Unauthorized", "{}", Content_Type="application/json")) as url:
        with pytest.raises(OperatorError, match="not signed in, nothing is verified"):
            await verified(url)


async def test_a_sign_in_that_opens_nothing_verifies_nothing() -> None:
    def answers(head: str, _: bytes) -> bytes:
        fine = "/login" in head or "/config" in head or "/health" in head
        return answer("200 OK" if fine else "401 Unauthorized", "{}", Content_Type="application/json")

    async with serving(answers) as url:
        with pytest.raises(OperatorError, match="nothing in the answer opens GET"):
            await verified(url)


async def test_a_contract_without_operations_verifies_nothing(client: Client) -> None:
    none = Contract(name="empty", operations=Registry("operation", [], str), events=Registry("event", [], str))
    empty = replace(AGREED, contract=none, rows=())
    with pytest.raises(OperatorError, match="The contract empty has no operations"):
        await run(Target(Door.of(client.url), empty), EVERYTHING)


async def test_nothing_that_could_be_asked_is_no_pass(client: Client) -> None:
    report = await verified(client.url, replace(EVERYTHING, checks=chosen(names=["cookies.*"])), "webplus")
    assert {one.verdict for one in report.results} == {"skipped"}
    assert report.verdict == "failed"
    assert report.sentence() == "Nothing could be asked: nothing is verified."


async def test_a_backend_that_goes_away_half_way_ends_the_run_and_is_told(client: Client) -> None:
    left = 12

    async with relaying(client.url) as (url, close):

        def watch(*_: object) -> None:
            nonlocal left
            left -= 1
            if not left:
                close()

        report = await run(Target(Door.of(url), AGREED), EVERYTHING, watch)

    assert report.verdict == "failed"
    assert "went away during" in report.ended
    assert f"of {len(CHECKS)} checks were not run to their end" in report.ended
    assert len(report.results) < len(CHECKS)


async def test_whoever_has_enough_gets_what_there_is(client: Client) -> None:
    asked = asyncio.Event()
    task = asyncio.create_task(run(Target(Door.of(client.url), AGREED), EVERYTHING, lambda *_: asked.set()))
    await asked.wait()
    task.cancel()

    report = await task

    assert report.interrupted
    assert report.verdict == "failed"
    assert 1 <= len(report.results) < len(CHECKS)
    assert f"of {len(CHECKS)} checks were run" in report.ended
