"""A fleet: two replicas on two cores beside one, what a proxy costs, and what a sandbox costs across it.

    python -m benchmarks.fleet                        three minutes
    python -m benchmarks.fleet --rounds 2 --seconds 1 --sandboxes 50     a first look

Each replica has a core of its own, and so has nobody else: wrk runs wherever there is room, so that two replicas have
less of the machine each than one has. Needs wrk, haproxy and `taskset`; prints tables for docs/fleet.md.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.load import Load, Server, ask, free_port, serving, wrk
from benchmarks.report import machine
from benchmarks.subject import devkit, environment
from devkit.fleet import haproxy
from devkit.fleet.members import Fleet, Member

REQUESTS = Path(__file__).parent / "requests.lua"
SIGN_IN = {"email": "test@example.com", "password": "TestPass123!"}
KINDS = {"page": "the same page again", "list": "pages at random", "post": "create"}


@contextlib.contextmanager
def replica(name: str, core: int, folder: Path) -> Iterator[Server]:
    place = folder / name
    place.mkdir()
    port = free_port()
    command = ["taskset", "-c", str(core), *devkit("serve", "--memory", "--replica", name, "--port", str(port))]
    told = environment() | {"DEVKIT_LOG_LEVEL": "error"}
    with serving(command, port, "/_devkit/health", cwd=place, env=told) as server:
        yield server


@contextlib.contextmanager
def proxy(folder: Path, servers: dict[str, Server]) -> Iterator[int]:
    """HAProxy on devkit's own file; its port."""
    members = tuple(Member(name, "127.0.0.1", server.port) for name, server in servers.items())
    port = free_port()
    file = folder / "haproxy.cfg"
    file.write_text(haproxy.written(Fleet(members=members, main=members[0], listen=("127.0.0.1", port))))
    with serving(["haproxy", "-db", "-n", "4000", "-f", str(file)], port, "/_devkit/health") as server:
        yield server.port


def load(kind: str, port: int, root: str, seconds: float, folder: Path) -> Load:
    """Requests of the test user of the sandbox below `root`."""
    token = _token(port, root)
    tokens = folder / f"tokens-{port}{root.replace('/', '-')}"
    tokens.write_text(f"{token}\n")
    return wrk(
        port,
        REQUESTS,
        seconds=seconds,
        KIND=kind,
        TOKENS=str(tokens),
        LIST=f"{root}/api/tasks?page={{page}}&limit=20",
        BODY='{"title": "Buy milk"}',
    )


def _token(port: int, root: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        given = {"Content-Type": "application/json"}
        connection.request("POST", f"{root}/api/auth/login", json.dumps(SIGN_IN), given)
        answer = connection.getresponse()
        answer.read()
        return answer.headers.get_all("Set-Cookie")[0].partition("=")[2].partition(";")[0]


def side_by_side(servers: dict[str, Server], rounds: int, seconds: float, folder: Path) -> None:
    print("\n| requests a second | one replica | two side by side | ratio |\n| --- | --- | --- | --- |")
    (one, other) = servers.values()
    for kind, title in KINDS.items():
        singles, doubles = [], []
        for _ in range(rounds):
            singles.append(load(kind, one.port, "", seconds, folder).rate)
            with ThreadPoolExecutor(2) as both:
                found = [both.submit(load, kind, server.port, "", seconds, folder) for server in (one, other)]
                doubles.append(sum(each.result().rate for each in found))
        ratio = statistics.median(two / single for two, single in zip(doubles, singles, strict=True))
        print(
            f"| {title} | {statistics.median(singles):,.0f} | {statistics.median(doubles):,.0f} | {ratio:.2f} |",
            flush=True,
        )


def across(server: Server, through: int, rounds: int, seconds: float, folder: Path) -> None:
    print(
        "\n| one replica | straight | through HAProxy | p95 straight | p95 through |\n| --- | --- | --- | --- | --- |"
    )
    for kind, title in KINDS.items():
        pairs = [
            (load(kind, server.port, "", seconds, folder), load(kind, through, "", seconds, folder))
            for _ in range(rounds)
        ]
        rates = [statistics.median(pair[side].rate for pair in pairs) for side in (0, 1)]
        p95 = [statistics.median(pair[side].p95 for pair in pairs) / 1000 for side in (0, 1)]
        print(f"| {title} | {rates[0]:,.0f} | {rates[1]:,.0f} | {p95[0]:.2f} ms | {p95[1]:.2f} ms |", flush=True)


def sandboxes(server: Server, through: int, count: int) -> None:
    """Make and remove so many, one after the other: what one more test pays."""
    print("\n| a sandbox | median | p95 |\n| --- | --- | --- |")
    before = server.rss
    for title, port in (("made, straight", server.port), ("made, across the proxy", through)):
        took = []
        made = []
        for _ in range(count):
            begun = time.perf_counter()
            made.append(ask(port, "POST", "/_devkit/api/sandboxes", {})["id"])
            took.append((time.perf_counter() - begun) * 1000)
        if port == server.port:
            held = (server.rss - before) / count
        for identifier in made:
            ask(port, "DELETE", f"/_devkit/api/sandboxes/{identifier}")
        p95 = statistics.quantiles(took, n=20)[-1]
        print(f"| {title} | {statistics.median(took):.2f} ms | {p95:.2f} ms |", flush=True)
    print(f"\nMemory of a sandbox in which nothing has happened: {held * 1024:.0f} KB; of a replica: {before:.0f} MB.")


def main() -> None:
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("--rounds", type=int, default=5)
    told.add_argument("--seconds", type=float, default=3.0)
    told.add_argument("--sandboxes", type=int, default=300)
    options = told.parse_args()
    busy = os.getloadavg()[0]
    print(f"{machine()}; load when it began: {busy:.1f}; {_version()}")
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        servers = {one: stack.enter_context(replica(one, core, folder)) for core, one in enumerate(("r1", "r2"))}
        time.sleep(2)
        side_by_side(servers, options.rounds, options.seconds, folder)
        through = stack.enter_context(proxy(folder, servers))
        across(servers["r1"], through, options.rounds, options.seconds, folder)
        sandboxes(servers["r1"], through, options.sandboxes)


def _version() -> str:
    return subprocess.run(["haproxy", "-v"], capture_output=True, text=True, check=True).stdout.split(" 20")[0]


if __name__ == "__main__":
    main()
