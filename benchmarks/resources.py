"""A resource of the user's own beside the shipped tasks, in one server: `python -m benchmarks.resources`."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from benchmarks import data, report
from benchmarks.load import ask, free_port, serving, wrk
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--seconds", type=float, default=2, help="seconds of load for each figure (default 2)")
    parser.add_argument("--dry", action="store_true", help="print the table, leave docs/performance.md as it is")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        (folder / "backend.yaml").write_text(BACKEND)
        command = devkit("serve", "--port", str(port), "--contract", "agreed", "--contract", "backend.yaml")
        with serving(command, port, "/api/health", cwd=folder, env=environment()):
            rates = _measured(folder, port, chosen.rounds, chosen.seconds)
    tasks, rows = PATHS
    lines = [
        [
            kind,
            *(f"{statistics.median(rates[kind, what]):,.0f}/s" for what in PATHS),
            f"{statistics.median(a / b for a, b in zip(rates[kind, rows], rates[kind, tasks], strict=True)):.2f}",
        ]
        for kind in KINDS
    ]
    told = report.table(["what", *PATHS, "ratio"], lines)
    told += f"\n\n{chosen.rounds} rounds of {chosen.seconds:g} s, {report.machine()}"
    print(told)
    if not chosen.dry:
        report.publish("resources", told, {})


def _measured(folder: Path, port: int, rounds: int, seconds: float) -> dict[tuple[str, str], list[float]]:
    """Requests a second, by kind and by what was asked for."""
    token = ask(port, "POST", "/_devkit/api/tokens", {"user": "test@example.com"})["token"]
    (folder / "tokens").write_text(f"{token}\n")
    asked = {}
    for what, path in PATHS.items():
        signed = {"Authorization": f"Bearer {token}"}
        ids = [ask(port, "POST", path, data.NEW | {"title": f"Task {n}"}, signed)["id"] for n in range(ROWS)]
        (folder / what).write_text("".join(f"1 {one}\n" for one in ids))
        asked[what] = {
            "TOKENS": str(folder / "tokens"),
            "IDS": str(folder / what),
            "LIST": f"{path}?page={{page}}&limit=20",
            "ONE": f"{path}/",
        }
    rates: dict[tuple[str, str], list[float]] = defaultdict(list)
    for kinds in (KINDS[:3], KINDS[3:]):
        for number in range(rounds + 1):
            for what, given in asked.items():
                for kind in kinds:
                    told = given | {"KIND": kind, "BODY": json.dumps(data.NEW), "SEED": str(number)}
                    load = wrk(port, SCRIPT, seconds=seconds, **told)
                    if load.failed:
                        raise SystemExit(f"{what}, {kind}: {load.failed} answers were no success")
                    # The first round warms up.
                    if number:
                        rates[kind, what].append(load.rate)
            print(f"round {number}, {', '.join(kinds)}", flush=True, file=sys.stderr)
    return rates


if __name__ == "__main__":
    main()
