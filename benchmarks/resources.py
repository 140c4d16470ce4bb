"""A resource of the user's own beside the shipped tasks, in one server, and beside what other mock servers make of the
same data: `python -m benchmarks.resources`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from benchmarks import data, report
from benchmarks.load import ask, free_port, serving, wrk
from benchmarks.peers import cache, install, next_json_server, peers
from benchmarks.run import SCRIPT
from benchmarks.subject import devkit, environment

ROWS, KINDS = 1_000, ("list", "page", "get", "post")
BACKEND = """\
contract: todo
base: /v1
accounts: {session: {cookie: auth-token, bearer: true}}
resources:
  todos:
    owner: user
    fields:
      title: string!
      description: string
      completed: boolean = false
      priority: low | medium | high = medium
      due_date: date-time
"""
PATHS = {"shipped tasks": "/api/tasks", "rows of a backend.yaml": "/v1/todos"}
_, OWN = PATHS
OTHERS = ("json-server", "Prism", "Mockoon")
Rates = dict[tuple[str, str], list[float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--seconds", type=float, default=2, help="seconds of load for each figure (default 2)")
    parser.add_argument("--dry", action="store_true", help="print the table, leave docs/performance.md as it is")
    chosen = parser.parse_args()
    install()
    with contextlib.ExitStack() as stack, tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        (folder / "backend.yaml").write_text(BACKEND)
        command = devkit("serve", "--port", str(port), "--contract", "agreed", "--contract", "backend.yaml")
        with serving(command, port, "/api/health", cwd=folder, env=environment()):
            asked = _ours(folder, port) | _others(stack, folder)
            rates = _measured(asked, chosen.rounds, chosen.seconds)
    lines = [[kind, *(_told(rates, kind, what) for what in asked)] for kind in KINDS]
    told = report.table(["what", *asked], lines)
    told += "\n\nIn brackets: how many times that the rows of a `backend.yaml` are answered."
    told += f"\n\n{chosen.rounds} rounds of {chosen.seconds:g} s, {report.machine()}"
    print(told)
    if not chosen.dry:
        report.publish("resources", told, {})


def _told(rates: Rates, kind: str, what: str) -> str:
    rate = f"{statistics.median(rates[kind, what]):,.0f}/s"
    if what == OWN:
        return rate
    ratios = [a / b for a, b in zip(rates[kind, OWN], rates[kind, what], strict=True)]
    return f"{rate} ({statistics.median(ratios):.2f})"


def _ours(folder: Path, port: int) -> dict[str, tuple[int, dict[str, str]]]:
    """Port and what wrk's script is told, for both."""
    token = ask(port, "POST", "/_devkit/api/tokens", {"user": "test@example.com"})["token"]
    (folder / "tokens").write_text(f"{token}\n")
    found = {}
    for what, path in PATHS.items():
        signed = {"Authorization": f"Bearer {token}"}
        ids = [ask(port, "POST", path, data.NEW | {"title": f"Task {n}"}, signed)["id"] for n in range(ROWS)]
        (folder / what).write_text("".join(f"1 {one}\n" for one in ids))
        given = {"TOKENS": str(folder / "tokens"), "IDS": str(folder / what)}
        found[what] = port, given | {"LIST": f"{path}?page={{page}}&limit=20", "ONE": f"{path}/"}
    return found


def _others(stack: contextlib.ExitStack, folder: Path) -> dict[str, tuple[int, dict[str, str]]]:
    (folder / "theirs").write_text("".join(f"1 {task['id']}\n" for task in data.tasks()))
    found = {}
    for peer in (*peers(), next_json_server()):
        if peer.name in OTHERS:
            port = free_port()
            stack.enter_context(serving(peer.command(port), port, peer.list_path.format(page=1), cwd=cache()))
            found[f"{peer.name} {peer.version()}"] = port, {"LIST": peer.list_path, "IDS": str(folder / "theirs")}
    return found


def _measured(asked: dict[str, tuple[int, dict[str, str]]], rounds: int, seconds: float) -> Rates:
    """Requests a second, by kind and by what was asked for."""
    rates: Rates = defaultdict(list)
    for kinds in (KINDS[:3], KINDS[3:]):
        for number in range(rounds + 1):
            for what, (port, given) in asked.items():
                for kind in kinds:
                    told = given | {"KIND": kind, "BODY": json.dumps(data.NEW), "SEED": str(number)}
                    load = wrk(port, SCRIPT, seconds=seconds, **told)
                    if load.failed and what in PATHS:
                        raise SystemExit(f"{what}, {kind}: {load.failed} answers were no success")
                    # The first round warms up.
                    if number:
                        rates[kind, what].append(load.rate)
            print(f"round {number}, {', '.join(kinds)}", flush=True, file=sys.stderr)
    return rates


if __name__ == "__main__":
    main()
