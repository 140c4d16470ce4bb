"""Schemathesis looks at each operation, and what it finds is told with our own verdicts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from devkit.config import Settings
from devkit.errors import UsageError
from devkit.server.hosting.app import running
from devkit.server.hosting.backends import backend_for
from devkit.verify import fuzzing
from devkit.verify.catalogue import chosen
from devkit.verify.running import Plan, run
from devkit.verify.target import Target
from devkit.verify.wire import Door
from tests.faults.conftest import scenario

NOTES = """\
contract: notes
resources:
  notes:
    fields:
      title: {type: string, required: true, maxLength: 80}
"""
BROKEN = scenario({"match": {"operation": "notes.list"}, "fault": {"type": "http.wrong_status", "to": 299}})


@pytest.mark.slow
async def test_an_operation_that_breaks_its_promise_fails_and_the_others_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzzing, "EXAMPLES", 3)
    (tmp_path / "backend.yaml").write_text(NOTES)
    settings = Settings(port=0, memory=True, state_dir=tmp_path / ".devkit", contract=(str(tmp_path / "backend.yaml"),))
    backend = await asyncio.to_thread(backend_for, settings)
    async with running(settings, None, backend) as (app, ready):
        await app.sandboxes.main.sandbox.engine.use(BROKEN)
        (dialect,) = backend.chosen(())
        plan = Plan(checks=chosen(names=["json.parses"]), fuzz=True)
        report = await run(Target(Door.of(ready.url), dialect), plan)

    found = {one.check.id: one for one in report.results}
    assert report.verdict == "failed"
    assert found["fuzz.GET /notes"].verdict == "failed"
    assert "299" in found["fuzz.GET /notes"].reason
    assert found["fuzz.POST /notes"].verdict == "passed"
    assert found["fuzz.GET /notes/{id}"].verdict == "passed"


def test_without_schemathesis_it_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzzing, "find_spec", lambda name: None)
    with pytest.raises(UsageError) as told:
        fuzzing.require()
    assert told.value.remedy == "`pip install 'devkit-mock[fuzz]'` brings it along."
