"""Who keeps an operation is changed while the server runs, and told wherever an answer is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from devkit.cli.banner import banner
from devkit.cli.checks import _real_backend
from devkit.cli.requestlog import RequestLog
from devkit.cli.style import Style
from devkit.cli.validate import _findings as findings
from devkit.config import Settings
from tests.conftest import EMAIL, PASSWORD, Client, StartServer
from tests.proxy.backend import Backend, backend


@pytest.fixture
async def real() -> AsyncIterator[Backend]:
    async with backend() as found:
        yield found


@pytest.fixture
async def proxy(start: StartServer, real: Backend) -> AsyncIterator[Client]:
    async with start(upstream=real.url, contract=("agreed",)) as client:
        yield client


async def keep(client: Client, rules: dict[str, str], **options: Any) -> Any:
    return await client.send("PUT", "/_devkit/api/keep", json={"rules": rules}, **options)


async def test_it_changes_from_one_call_to_the_next(proxy: Client, real: Backend) -> None:
    sign_in = {"email": EMAIL, "password": PASSWORD}
    first = await proxy.send("POST", "/api/auth/login", json=sign_in)
    assert (first.status, first.headers["X-Devkit-Kept-By"]) == (404, "real")
    told = (await keep(proxy, {"auth.*": "mock", "tasks.*": "fallback"})).json
    assert (told["operations"]["auth.login"], told["operations"]["tasks.list"]) == ("mock", "fallback")
    then = await proxy.send("POST", "/api/auth/login", json=sign_in)
    assert (then.status, then.headers["X-Devkit-Kept-By"]) == (200, "mock")
    assert len(real.seen) == 1
    assert (await proxy.send("GET", "/_devkit/api/keep")).json["rules"] == {"auth.*": "mock", "tasks.*": "fallback"}


async def test_each_sandbox_has_rules_of_its_own(proxy: Client) -> None:
    made = (await proxy.send("POST", "/_devkit/api/sandboxes", json={})).json["id"]
    await keep(proxy, {"*": "mock"}, headers={"X-Devkit-Sandbox": made})
    assert (await proxy.send("GET", "/_devkit/api/keep")).json["rules"] == {}
    assert (await proxy.send("GET", "/health")).headers["X-Devkit-Kept-By"] == "real"
    there = await proxy.send("GET", "/health", headers={"X-Devkit-Sandbox": made})
    assert there.headers["X-Devkit-Kept-By"] == "mock"


async def test_what_keeps_nothing_is_named(proxy: Client) -> None:
    refused = await keep(proxy, {"tasks.*": "mok"})
    assert refused.status == 400
    assert "mock" in refused.json["details"]["rules"]


async def test_where_there_is_no_real_backend_nothing_else_keeps(client: Client) -> None:
    assert (await keep(client, {"tasks.*": "real"})).json["error"] == "no_upstream"
    assert (await client.send("GET", "/_devkit/api/keep")).json["upstream"] is None


async def test_faults_of_the_mock_are_back_with_it(proxy: Client) -> None:
    """Where a part is kept by each, what is left out is said."""
    draft = {"name": "lost", "title": "Lost", "rules": [{"id": "one", "fault": {"type": "write.lost"}}]}
    refused = await proxy.send("POST", "/_devkit/api/scenarios/try", json={"scenario": draft})
    assert refused.json["error"] == "needs_mock"
    await keep(proxy, {"tasks.create": "mock"})
    partly = await proxy.send("POST", "/_devkit/api/scenarios/try", json={"scenario": draft})
    assert partly.status == 200
    assert "which the real backend keeps" in partly.json["warnings"][0]
    await keep(proxy, {"*": "mock"})
    assert (await proxy.send("POST", "/_devkit/api/scenarios/try", json={"scenario": draft})).json["warnings"] == []


async def test_a_backend_that_is_down_is_told_with_the_reason_and_since_when(start: StartServer) -> None:
    async with backend() as gone:
        url = gone.url
    async with start(upstream=url) as client:
        assert (await client.send("GET", "/_devkit/api/status")).json["upstream"]["state"] == "unknown"
        assert (await client.send("GET", "/any")).status == 502
        told = (await client.send("GET", "/_devkit/api/status")).json["upstream"]
        assert (told["url"], told["state"], told["trouble"]) == (url, "down", "takes no connections")
        assert told["since"].endswith("Z")
    finding = await asyncio.to_thread(_real_backend, Settings(upstream=url))
    assert (finding.state, finding.found) == ("fail", f"{url} takes no connections")


async def test_the_terminal_tells_who_answered(proxy: Client, real: Backend) -> None:
    await proxy.send("GET", "/health")
    entry = [*proxy.sandbox.journal][-1]
    log = RequestLog(Style(enabled=False), as_json=False)
    assert "by real" in str(log.lines(entry))
    ready = proxy.ready
    shown = banner(ready, Style(enabled=False))
    assert f"Upstream   {real.url}" in shown
    assert "Kept by    the real backend" in shown


def test_files_are_checked_against_who_keeps_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scenarios").mkdir()
    rules = "rules:\n  - {id: still, match: {operation: tasks.list}, fault: {type: clock.freeze}}\n"
    (tmp_path / "scenarios" / "still.yaml").write_text(f"name: still\ntitle: Still\n{rules}")
    written = "upstream: http://localhost:9000\ncontract: [agreed]\n"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "devkit.yaml").write_text(written)
    told = [warning for finding in findings(tmp_path) for warning in finding["warnings"]]
    assert any("still cannot act: clock.freeze needs the mock" in warning for warning in told)
    (tmp_path / "devkit.yaml").write_text(f"{written}keep: {{tasks.*: mock}}\n")
    told = [warning for finding in findings(tmp_path) for warning in finding["warnings"]]
    assert not any("cannot act" in warning for warning in told)
