"""`devkit verify` beside Schemathesis' default run, by the same document, each on a server of its own:
`python -m benchmarks.verifying`. What counts is the ratio of two runs that follow each other.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

from benchmarks import report
from benchmarks.load import free_port, serving
from benchmarks.subject import devkit, environment

SMALL = """\
contract: notes
accounts: true
resources:
  notes:
    owner: user
    fields: {title: string!, body: text, done: boolean}
"""
STATES = "/_devkit/api/verify/states"
THEIRS, OURS, ARRANGED = "Schemathesis, by default", "devkit verify", "devkit verify, states arranged"
Times = dict[tuple[str, str], list[tuple[float, float]]]
"""Seconds on the clock and of the processor, by document and tool."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (default 3)")
    parser.add_argument("--dry", action="store_true", help="print the table, leave docs/performance.md as it is")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "small.yaml").write_text(SMALL)
        documents = {"a contract of one resource": "small.yaml", "agreed": "agreed"}
        counts = {what: _written(folder, contract) for what, contract in documents.items()}
        times = _measured(folder, documents, chosen.rounds)
    lines = []
    for what, count in counts.items():
        theirs = times[what, THEIRS]
        for tool in (THEIRS, OURS, ARRANGED):
            own = times[what, tool]
            ratios = [one / other for (one, _), (other, _) in zip(own, theirs, strict=True)]
            clock, processor = (statistics.median(part) for part in zip(*own, strict=True))
            ratio = "" if tool == THEIRS else f"{statistics.median(ratios):.2f}"
            lines.append([f"{what}, {count} operations", tool, f"{clock:.1f} s", f"{processor:.1f} s", ratio])
    told = report.table(["document", "tool", "on the clock", "of its processor", "to Schemathesis"], lines)
    told += f"\n\n{chosen.rounds} rounds, Schemathesis {version('schemathesis')}, {report.machine()}"
    print(told)
    if not chosen.dry:
        report.publish("verifying", told, {})


def _written(folder: Path, contract: str) -> int:
    """Write the contract's document; how many operations it has."""
    command = devkit("contract", "openapi", *_named(contract))
    ran = subprocess.run(command, check=True, cwd=folder, env=environment(), capture_output=True)
    (folder / f"{contract}.json").write_bytes(ran.stdout)
    methods = {"get", "post", "put", "patch", "delete"}
    return sum(len(methods & {*item}) for item in json.loads(ran.stdout)["paths"].values())


def _named(contract: str) -> list[str]:
    return ["--contract", contract] if contract.endswith(".yaml") else ["--dialect", contract]


def _measured(folder: Path, documents: dict[str, str], rounds: int) -> Times:
    times: Times = defaultdict(list)
    for number in range(rounds):
        for what, contract in documents.items():
            for tool in (THEIRS, OURS, ARRANGED):
                times[what, tool].append(_timed(folder, contract, tool))
                print(f"round {number + 1}, {what}, {tool}", flush=True, file=sys.stderr)
    return times


def _timed(folder: Path, contract: str, tool: str) -> tuple[float, float]:
    port = free_port()
    # What one made would be there for the next.
    command = devkit("serve", "--port", str(port), "--memory", "--contract", contract)
    with serving(command, port, "/_devkit/api/verify", cwd=folder, env=environment()):
        url = f"http://127.0.0.1:{port}"
        if tool == THEIRS:
            words = [sys.executable, "-m", "schemathesis.cli", "run", f"{contract}.json", "--url", url]
        else:
            words = devkit("verify", url, "--contract", contract)
            words += ["--setup", url + STATES] if tool == ARRANGED else []
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        ran = subprocess.run(words, check=False, cwd=folder, env=environment(), capture_output=True, text=True)
        took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if ran.returncode not in ({0, 1} if tool == THEIRS else {0}):
        raise SystemExit(f"{tool} ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}")
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
