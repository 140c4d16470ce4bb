"""States that no request brings about are asked for at a URL of the user's."""

from __future__ import annotations

import json

import pytest

from devkit.dialects.shipped import DIALECTS
from devkit.errors import OperatorError
from devkit.verify.arranging import arranger
from devkit.verify.catalogue import chosen
from devkit.verify.running import Plan, run
from devkit.verify.target import Target
from devkit.verify.wire import Door
from tests.conftest import Client
from tests.verify.conftest import USERS
from tests.verify.serving import answer, serving


async def test_a_state_is_set_up_before_it_is_asked_and_torn_down_behind(client: Client) -> None:
    told: list[dict[str, object]] = []

    def answers(head: str, body: bytes) -> bytes:
        told.append(json.loads(body))
        seconds = told[-1]["seconds"] if told[-1]["action"] == "setup" else 0
        client.sandbox.clock.advance(int(str(seconds)) * 1000) if seconds else client.sandbox.clock.reset()
        return answer("200 OK", "{}", Content_Type="application/json")

    async with serving(answers) as url:
        plan = Plan(checks=chosen(names=["auth.expired"]), users=USERS[:1], arrange=arranger(f"{url}/states"))
        report = await run(Target(Door.of(client.url), DIALECTS["agreed"]), plan)

    assert report.verdict == "passed", report.results
    lifetime = DIALECTS["agreed"].access_lifetime
    asked = {"state": "time-passed", "seconds": lifetime + 60, "users": ["test@example.com"]}
    assert told == [{**asked, "action": "setup"}, {**asked, "action": "teardown"}]


async def test_a_state_that_nobody_knows_is_skipped_with_what_was_answered(client: Client) -> None:
    async with serving(lambda head, body: answer("404 Not Found")) as url:
        plan = Plan(checks=chosen(names=["errors.rate-limit"]), users=USERS[:1], arrange=arranger(url))
        report = await run(Target(Door.of(client.url), DIALECTS["agreed"]), plan)
        with pytest.raises(OperatorError):
            await arranger(url)("anything", {})

    (result,) = report.results
    assert (result.verdict, result.reason) == ("skipped", f"{url} did not arrange 'rate-limited': it answered 404")
