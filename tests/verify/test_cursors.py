"""The half of `paging.rows-come` and `paging.rows-go` that cursors alone can keep: no dialect of ours has any."""

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
resources:
  notes: {fields: {title: string!}, pages: cursor, list: {order: -created_at}}
"""


async def test_cursors_that_name_a_row_keep_both_and_those_that_count_rows_neither(
    tmp_path: Path, template: Template
) -> None:
    file = tmp_path / "backend.yaml"
    file.write_text(CONTRACT)
    settings = Settings(port=0, memory=True, state_dir=tmp_path, contract=(str(file),))
    backend = await asyncio.to_thread(backend_for, settings)
    (dialect,) = backend.dialects
    plan = Plan(checks=[CHECKS[name] for name in ("paging.rows-come", "paging.rows-go", "paging.none-twice")])
    async with running(settings, template, backend) as (app, ready), Client(app, ready) as client:
        target = Target(Door.of(client.url), dialect)
        good = await run(target, plan)
        await client.sandbox.engine.use(scenario({"fault": {"type": "page.cursor_drift"}}))
        bad = await run(target, plan)

    assert [(one.verdict, one.reason) for one in good.results] == [("passed", "")] * 3
    come, go, still = bad.results
    assert (come.verdict, "twice" in come.reason) == ("failed", True), come.reason
    assert (go.verdict, "it misses" in go.reason) == ("failed", True), go.reason
    assert still.verdict == "passed"
