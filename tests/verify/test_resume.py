"""`streams.resume`, which none of our dialects has a stream for: a contract of one's own may have."""

from __future__ import annotations

import asyncio
from pathlib import Path

from devkit.config import Settings
from devkit.sandbox import Template
from devkit.server.hosting.app import running
from devkit.server.hosting.backends import backend_for
from devkit.verify.catalogue import CHECKS
from devkit.verify.running import Plan, run
from devkit.verify.target import Target
from devkit.verify.wire import Door
from tests.conftest import Client
from tests.faults.conftest import scenario

CONTRACT = """
contract: notes
events: {sse: /events}
resources:
  notes: {fields: {title: string!}}
"""


async def test_who_comes_back_to_a_stream_is_told_what_was_missed_and_it_fails_where_that_is_lost(
    tmp_path: Path, template: Template
) -> None:
    file = tmp_path / "backend.yaml"
    file.write_text(CONTRACT)
    settings = Settings(port=0, memory=True, state_dir=tmp_path, contract=(str(file),))
    backend = await asyncio.to_thread(backend_for, settings)
    (dialect,) = backend.dialects
    plan = Plan(checks=[CHECKS["streams.resume"]])
    async with running(settings, template, backend) as (app, ready), Client(app, ready) as client:
        target = Target(Door.of(client.url), dialect)
        good = await run(target, plan)
        lost = scenario({"fault": {"type": "stream.cut", "after": 1}, "match": {"needs": ["stream"]}})
        await client.sandbox.engine.use(lost)
        bad = await run(target, plan)

    assert (good.verdict, good.results[0].reason) == ("passed", "")
    assert bad.verdict == "failed"
    assert "of the 2 that were missed" in bad.results[0].reason
