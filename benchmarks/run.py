"""`python -m benchmarks.run`: devkit beside other mock servers, in interleaved rounds, into docs/performance.md."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

from benchmarks import data, report, subject
from benchmarks.load import Load, Server, free_port, serving, wrk
from benchmarks.peers import Peer, cache, install, peers

SCRIPT = Path(__file__).parent / "requests.lua"
OURS = "devkit"
PHASES = (("list", "page", "get"), ("post",))
"""What is measured in the same rounds. New tasks come last, so that everything is read from the data that all were
given.
"""
STARTS = 9
"""Cold starts of each: they differ more than anything else."""
Loads = dict[tuple[str, str], list[Load]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--seconds", type=float, default=2, help="seconds of load for each figure (default 2)")
    parser.add_argument("--users", type=int, default=200, help="devkit's users, of 1,000 tasks each (default 200)")
    parser.add_argument("--only", nargs="*", metavar="PEER", help="measure these peers only, beside bare aiohttp")
    parser.add_argument("--no-cold", action="store_true", help="leave the cold starts out")
    parser.add_argument("--dry", action="store_true", help="print the table, leave docs/performance.md as it is")
    chosen = parser.parse_args()
    install()
    others = [peer for peer in peers() if chosen.only is None or peer.name in {"bare aiohttp", *chosen.only}]
    begun, rounds = time.perf_counter(), f"{chosen.rounds} rounds of {chosen.seconds:g} s"
    loads, memory, dropped = compare(others, chosen.rounds, chosen.seconds, chosen.users)
    present = [peer for peer in others if peer.name not in dropped]
    cold = {} if chosen.no_cold else cold_starts(present)
    found = report.Comparison(
        servers={OURS: "", **{peer.name: peer.version() for peer in present}},
        loads=loads,
        memory=memory,
        cold=cold,
        help_ratio=0.0 if chosen.no_cold else help_ratio(),
        conditions=f"{rounds}, {report.machine()}, {time.perf_counter() - begun:.0f} s in all",
    )
    print(found.markdown())
    if not chosen.dry:
        report.publish("comparison", found.markdown(), {"throughput.svg": found.plot()})


def compare(others: list[Peer], rounds: int, seconds: float, users: int) -> tuple[Loads, dict[str, float], list[str]]:
    """Loads by server and kind; memory after the load; and who could not be started."""
    loads: Loads = defaultdict(list)
    dropped: list[str] = []
    ids = cache() / "ids"
    ids.write_text("".join(f"1 {task['id']}\n" for task in data.tasks()))
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(subject.running(users, 1_000, sessions=users))
        asked: dict[str, tuple[Server, dict[str, str]]] = {OURS: (ours.server, ours.environment)}
        for peer in others:
            port = free_port()
            try:
                server = stack.enter_context(
                    serving(peer.command(port), port, peer.list_path.format(page=1), cwd=cache())
                )
            except (RuntimeError, OSError, StopIteration) as error:
                print(f"left out: {peer.name}: {error}", file=sys.stderr)
                dropped.append(peer.name)
                continue
            asked[peer.name] = server, {"LIST": peer.list_path, "IDS": str(ids)}
        for kinds, number in itertools.product(PHASES, range(rounds + 1)):
            for name, (server, environment) in asked.items():
                for kind in kinds:
                    given = {**environment, "KIND": kind, "BODY": json.dumps(data.NEW), "SEED": str(number)}
                    # The first round warms up.
                    load = wrk(server.port, SCRIPT, seconds=seconds if number else 1, **given)
                    if number:
                        loads[name, kind].append(load)
                        alone = wrk(server.port, SCRIPT, seconds=1, connections=1, **given)
                        loads[name, f"{kind}@1"].append(alone)
                print(f"round {number}, {', '.join(kinds)}: {name}", flush=True, file=sys.stderr)
        memory = {name: server.rss for name, (server, _) in asked.items()}
    return loads, memory, dropped


def cold_starts(others: list[Peer]) -> dict[str, float]:
    """Seconds from the process's start to its first 200, medians."""
    found: dict[str, list[float]] = defaultdict(list)
    path = subject.seeded(200, 1_000)
    for _ in range(STARTS + 1):
        port = free_port()
        command = subject.devkit("serve", "--port", str(port), "--db", str(path))
        with serving(command, port, subject.READY, cwd=path.parent, env=subject.environment()) as server:
            found[OURS].append(server.cold)
        for peer in others:
            port = free_port()
            with serving(peer.command(port), port, peer.list_path.format(page=1), cwd=cache()) as server:
                found[peer.name].append(server.cold)
    # The first only brought everybody's files into memory.
    return {name: statistics.median(times[1:]) for name, times in found.items()}


def help_ratio() -> float:
    """`devkit --help` over `python -c "import typer"`, medians of interleaved runs."""
    commands = (subject.devkit("--help"), [sys.executable, "-c", "import typer"])
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(9):
        for command, into in zip(commands, times, strict=True):
            begun = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=subject.environment())
            into.append(time.perf_counter() - begun)
    return statistics.median(times[0]) / statistics.median(times[1])


if __name__ == "__main__":
    main()
