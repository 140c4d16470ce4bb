"""A backend that departs from its contract is written down, and the mock that is served from that is measured alike."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import yaml

from devkit.config import Settings
from devkit.dialects.shipped import DIALECTS
from devkit.errors import OperatorError
from devkit.sandbox import Template
from devkit.server.hosting.app import running
from devkit.server.hosting.backends import backend_for
from devkit.verify.catalogue import CHECKS, chosen
from devkit.verify.departing import IMITATIONS, departures
from devkit.verify.report import Report
from devkit.verify.running import Plan, run
from devkit.verify.target import Target
from devkit.verify.wire import Door
from tests.conftest import Client, StartServer
from tests.faults.conftest import scenario
from tests.verify.conftest import USERS

ORIGINAL = scenario(
    {"match": {"operation": "auth.login"}, "fault": {"type": "cookie.httponly_missing"}},
    {"match": {"operation": "auth.login"}, "fault": {"type": "cookie.samesite", "value": "missing"}},
    {"match": {"operation": "auth.logout"}, "fault": {"type": "http.abort", "status": 204}},
    {"fault": {"type": "cors.vary_missing"}},
    {"fault": {"type": "cors.missing_on_errors"}},
    {"fault": {"type": "preflight.max_age", "seconds": 604_800}},
    {"fault": {"type": "field.date", "zone": "none"}},
    {"match": {"operation": "tasks.create"}, "fault": {"type": "idempotency.ignored"}},
)
PLAN = Plan(
    checks=[one for one in chosen(["auth", "cookies", "cors", "json"], ["idempotency.once"]) if not one.waits],
    users=USERS,
)


async def measured(url: str) -> Report:
    return await run(Target(Door.of(url), DIALECTS["agreed"]), PLAN)


def verdicts(report: Report) -> dict[str, str]:
    return {one.check.id: one.verdict for one in report.results}


async def test_what_is_imitated_is_measured_as_the_original_was(
    start: StartServer, tmp_path: Path, template: Template
) -> None:
    async with start() as client:
        await client.sandbox.engine.use(ORIGINAL)
        original = await measured(client.url)
        target = Target(Door.of(client.url), DIALECTS["agreed"])
    failed = {name for name, verdict in verdicts(original).items() if verdict == "failed"}
    assert {"cookies.http-only", "auth.logout", "cors.errors", "json.zones", "idempotency.once"} <= failed
    file = tmp_path / "measured.yaml"
    file.write_text(departures(original, target, "agreed", "measured"))

    settings = Settings(port=0, memory=True, state_dir=tmp_path / ".devkit", cookies_secure=True, contract=(str(file),))
    backend = await asyncio.to_thread(backend_for, settings)
    async with running(settings, template, backend) as (app, ready), Client(app, ready) as client:
        imitation = await measured(client.url)
        await client.send("POST", "/_devkit/api/sandboxes", json={"id": "w1"})
        other = await run(Target(Door.of(f"{client.url}/~w1"), DIALECTS["agreed"]), PLAN)

    assert verdicts(imitation) == verdicts(original)
    assert verdicts(other) == verdicts(original)


def test_each_imitation_is_of_a_check_that_there_is() -> None:
    assert set(IMITATIONS) <= set(CHECKS.names())


async def test_what_cannot_be_imitated_is_told_in_the_file(client: Client) -> None:
    await client.sandbox.engine.use(
        scenario({"match": {"path": "*"}, "fault": {"type": "http.wrong_status", "to": 200}, "when": {"skip": 3}})
    )
    target = Target(Door.of(client.url), DIALECTS["agreed"])
    report = await run(target, Plan(checks=chosen(names=["errors.unknown-address"]), users=USERS[:1]))
    text = departures(report, target, "agreed", "measured")
    assert yaml.safe_load(text)["rules"] == []
    assert "# errors.unknown-address: an address that there is nothing at is answered with 200" in text


def test_a_mistake_in_the_file_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "measured.yaml"
    file.write_text("name: measured\ntitle: Broken\ndeparts_from: agred\nrules: []\n")
    with pytest.raises(OperatorError, match="There is no file agred, and no dialect of that name"):
        backend_for(Settings(contract=(str(file),)))
