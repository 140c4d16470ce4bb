"""Numbers of a replica, as Prometheus reads them; and what a proxy asks before it sends anybody."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from devkit import __version__
from devkit.control.client import connect_all
from devkit.errors import SettingError
from tests.conftest import EMAIL, PASSWORD, Client, StartServer

_LINE = re.compile(
    r'(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*"'
    r'(?:,[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*")*)\})? (?P<value>[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN)',
    re.ASCII,
)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

Family = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def families(text: str) -> dict[str, tuple[str, Family]]:
    """Name → type and samples. Strict, as "Exposition formats" has it: HELP and TYPE once and before the samples of a
    family, which stand together and are told once; every line ends in a line feed.
    """
    assert text.endswith("\n")
    found: dict[str, tuple[str, Family]] = {}
    current, helped = "", ""
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith("# HELP "):
            helped = line.split(" ")[2]
            assert helped not in found
            continue
        if line.startswith("# TYPE "):
            _, _, current, kind = line.split(" ")
            assert current == helped
            assert kind in {"counter", "gauge", "histogram"}
            found[current] = (kind, {})
            continue
        match = _LINE.fullmatch(line)
        assert match, line
        kind, samples = found[current]
        suffix = match["name"].removeprefix(current)
        assert suffix in ({"_bucket", "_sum", "_count"} if kind == "histogram" else {""}), line
        key = match["name"], tuple(_LABEL.findall(match["labels"] or ""))
        assert key not in samples, line
        samples[key] = float(match["value"])
    return found


async def scraped(client: Client) -> dict[str, tuple[str, Family]]:
    answer = await client.send("GET", "/_devkit/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return families(answer.body.decode())


@pytest.fixture
async def r1(start: StartServer) -> AsyncIterator[Client]:
    async with start(replica="r1") as client:
        yield client


def one(found: dict[str, tuple[str, Family]], name: str, **labels: str) -> float:
    return found[name][1][name, tuple(labels.items())]


async def busy(client: Client) -> str:
    """One of everything that is counted; the id of the sandbox that it was in."""
    made: str = (await client.send("POST", "/_devkit/api/sandboxes", json={})).json["id"]
    headers = {"X-Devkit-Sandbox": made}
    await client.send("POST", "/_devkit/api/sandboxes", json={"id": "quiet"})
    for _ in range(8):
        await client.send("GET", "/api/health", headers={"X-Devkit-Sandbox": "r1-quiet"})
        await client.send("GET", "/api/tasks", headers=headers)
    await client.send("GET", "/api/tasks", headers=headers | {"X-Devkit-Scenario": "server-errors"})
    await client.send("GET", "/nowhere", headers=headers)
    await client.send("POST", "/api/auth/forgot", json={"email": EMAIL}, headers=headers)
    return made


async def test_what_a_replica_did_is_counted_beyond_its_sandboxes(r1: Client) -> None:
    made = await busy(r1)
    signed_in = await r1.send("POST", "/~r1-quiet/api/auth/login", json={"email": EMAIL, "password": PASSWORD})
    async with r1.http.ws_connect(f"/~r1-quiet/ws?token={signed_in.cookies['auth-token']}") as socket:
        await socket.receive()
        open_ = await scraped(r1)
    await r1.send("DELETE", f"/_devkit/api/sandboxes/{made}")
    found = await scraped(r1)
    assert one(found, "devkit_requests_total", operation="health.get", status="200") == 8
    assert one(found, "devkit_requests_total", operation="none", status="404") == 1
    assert one(found, "devkit_mails_total") == 1
    assert (one(open_, "devkit_sockets"), one(found, "devkit_sockets")) == (1, 0)
    assert (one(found, "devkit_sandboxes"), one(found, "devkit_sandboxes_created_total")) == (1, 2)
    assert one(found, "devkit_faults_total", kind="http.abort") == 1
    assert one(found, "devkit_socket_events_total", direction="open") == 1
    assert one(found, "devkit_info", version=__version__, replica="r1") == 1
    total = sum(found["devkit_requests_total"][1].values())
    times = found["devkit_request_duration_seconds"][1]
    assert times["devkit_request_duration_seconds_count", ()] == total
    slots = [value for (name, _), value in times.items() if name.endswith("_bucket")]
    assert slots == sorted(slots)
    assert slots[-1] == total


async def test_names_are_as_prometheus_wants_them(r1: Client) -> None:
    """prometheus.io, "Metric and label naming": counters end in `_total`, what has a unit ends in it."""
    found = await scraped(r1)
    for name, (kind, _) in found.items():
        assert name.endswith("_total") is (kind == "counter"), name
        assert name.startswith(("devkit_", "process_")), name
    assert "process_resident_memory_bytes" in found


async def test_no_label_has_a_value_that_a_client_chooses(r1: Client) -> None:
    before = await scraped(r1)
    for number in range(30):
        await r1.send("GET", f"/nowhere/{number}", headers={"X-Request-ID": f"id-{number}"})
        await r1.send("GET", "/api/health", headers={"X-Devkit-Sandbox": f"r1-gone{number}"})
    after = await scraped(r1)
    more = sum(len(samples) for _, samples in after.values()) - sum(len(samples) for _, samples in before.values())
    assert more <= 2


async def test_what_is_learned_without_end_is_counted_together(r1: Client) -> None:
    from devkit.control.tally import MOST, OTHERS
    from devkit.journal import RequestEntry

    tally = r1.app.sandboxes.tally
    told: dict[str, Any] = {"number": 1, "at": 0, "sandbox": "main", "request_id": "", "method": "GET", "path": "/"}
    for number in range(MOST + 5):
        tally.note(RequestEntry(**told, dialect=None, operation=f"learned.{number}", status=200, duration=0.0))
    assert len(tally.requests) == MOST + 1
    assert tally.requests[OTHERS] == 5
    assert (await scraped(r1))["devkit_requests_total"]


async def test_promtool_finds_nothing_to_say(r1: Client) -> None:
    """What Prometheus' own program says of it (Debian: `prometheus`)."""
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    await busy(r1)
    text = (await r1.send("GET", "/_devkit/metrics")).body
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


async def test_a_replica_that_is_drained_takes_no_new_sandboxes_and_keeps_its_own(r1: Client) -> None:
    await r1.send("POST", "/_devkit/api/sandboxes", json={"id": "w1"})
    assert (await r1.send("GET", "/_devkit/ready")).json["room"] == 0.999
    assert (await r1.send("POST", "/_devkit/api/drain", json={})).json["status"] == "draining"
    refused = await r1.send("POST", "/_devkit/api/sandboxes", json={"id": "w2"})
    assert (refused.status, refused.headers["Retry-After"]) == (503, "2")
    assert "takes no new sandboxes" in refused.json["message"]
    assert (await r1.send("GET", "/_devkit/ready")).status == 503
    health = await r1.send("GET", "/_devkit/health")
    assert (health.status, health.json["status"], health.json["sandboxes"]) == (200, "draining", 1)
    assert (await r1.send("GET", "/~r1-w1/api/health")).status == 200
    assert one(await scraped(r1), "devkit_draining") == 1
    await r1.send("POST", "/_devkit/api/drain", json={"on": False})
    assert (await r1.send("POST", "/_devkit/api/sandboxes", json={"id": "w2"})).status == 201


async def test_a_replica_that_is_full_says_so_before_it_is_asked(r1: Client) -> None:
    r1.app.sandboxes.most = 1
    await r1.send("POST", "/_devkit/api/sandboxes", json={})
    assert (await r1.send("GET", "/_devkit/ready")).json["message"].startswith("This server is full")
    assert (await r1.send("POST", "/_devkit/api/sandboxes", json={})).status == 503


async def test_all_of_a_fleet_can_be_given_one_token(start: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVKIT_TOKEN", "f" * 48)
    async with start(replica="r1", host="0.0.0.0") as client:
        assert client.app.control.token == "f" * 48
    (sent,) = connect_all(Path("nowhere"), url="http://10.0.0.1:8000")
    assert sent._headers["X-Devkit-Token"] == "f" * 48
    monkeypatch.setenv("DEVKIT_TOKEN", "short")
    with pytest.raises(SettingError, match="has 5 characters, and 32"):
        connect_all(Path("nowhere"), url="http://10.0.0.1:8000")


async def test_only_what_tells_nothing_of_sandboxes_needs_no_token(
    start: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from devkit.control import guard

    monkeypatch.setattr(guard, "token_needed", lambda *_: True)
    async with start(replica="r1", host="0.0.0.0") as client:
        for path, status in {"health": 200, "ready": 200, "metrics": 401, "api/sandboxes": 401}.items():
            assert (await client.send("GET", f"/_devkit/{path}")).status == status, path
        assert (await client.send("POST", "/_devkit/api/drain", json={})).status == 401
        wrong = await client.send("GET", "/_devkit/metrics", headers={"X-Devkit-Token": "wrong"})
        assert wrong.status == 401
        assert "the token that came is another than" in wrong.json["message"]
