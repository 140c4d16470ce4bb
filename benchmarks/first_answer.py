"""`python -m benchmarks.first_answer`: from the README's first command, in a fresh checkout, to the first answer."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import report
from benchmarks.load import serving
from benchmarks.subject import READY, ROOT

OURS, BESIDE = "devkit", "json-server 0.17.4"
COMPILING = ("--no-compile", "--compile")
LONGEST = 600
"""Seconds that a first answer may take."""


PORTS = range(21_000, 31_000)
"""None of those that the system gives to whoever asks for any: an installation is long enough for that."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A server from nothing. `command` makes the shell line that installs and starts it of a port, `prepare` what the
    line is typed beside; `ready` is the path that answers 200; `installed` the folder that it is in then.
    """

    command: Callable[[int], str]
    ready: str
    prepare: Callable[[Path], object]
    installed: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (default 3)")
    parser.add_argument("--dry", action="store_true", help="print the tables, leave docs/performance.md as it is")
    chosen = parser.parse_args()
    begun = time.perf_counter()
    seconds: dict[str, list[float]] = defaultdict(list)
    steps: dict[tuple[str, str], list[float]] = defaultdict(list)
    sizes: dict[str, float] = {}
    for number in range(chosen.rounds):
        for name, peer in peers().items():
            with _empty() as folder:
                seconds[name].append(first_answer(peer, folder / "project", folder / "cache"))
                sizes[name] = _megabytes(folder / "project" / peer.installed)
            print(f"round {number}: {name}: {seconds[name][-1]:.1f} s", flush=True, file=sys.stderr)
        for compiling in COMPILING:
            with _empty() as folder:
                for step, took in steps_of(folder / "project", folder / "cache", compiling):
                    steps[step, compiling].append(took)
                    print(f"round {number}: {step}, {compiling}: {took:.1f} s", flush=True, file=sys.stderr)
    conditions = f"{chosen.rounds} rounds, {report.machine()}, {time.perf_counter() - begun:.0f} s in all"
    text = "\n\n".join([f"Conditions: {conditions}. Medians.", compared(seconds, sizes), where_it_goes(steps)])
    print(text)
    if not chosen.dry:
        report.publish("first", text, {})


def peers() -> dict[str, Peer]:
    npm = "npm install --no-audit --no-fund"
    return {
        OURS: Peer(lambda _: _readmes_command(), READY, _check_out, ".venv"),
        BESIDE: Peer(
            lambda port: f"{npm} json-server@0.17.4 && npx json-server --port {port} db.json",
            "/tasks", lambda folder: (folder / "db.json").write_text('{"tasks": []}'), "node_modules",
        ),
        "WireMock 3.13.2": Peer(
            lambda port: f"{npm} wiremock@3.13.2 && npx wiremock --port {port}",
            "/__admin/mappings", lambda folder: None, "node_modules",
        ),
    }  # fmt: skip


def first_answer(peer: Peer, folder: Path, cache: Path) -> float:
    """Seconds from typing the line in the folder to the first 200, with empty caches."""
    peer.prepare(folder)
    port = _free_port()
    line = ["bash", "-c", peer.command(port)]
    environment = _environment(cache) | {"DEVKIT_PORT": str(port)}
    with serving(line, port, peer.ready, patience=LONGEST, cwd=folder, env=environment) as server:
        return server.cold


def steps_of(folder: Path, cache: Path, compiling: str) -> Iterator[tuple[str, float]]:
    """What `docs/install.py` does, one by one, and two starts: seconds of a processor, which differ less than those
    of a clock where others work. `compiling` is pip's option.
    """
    _check_out(folder)
    environment = _environment(cache)
    pip = [".venv/bin/python", "-m", "pip", "install", "--no-deps"]
    for step, command in (
        ("`python3 -m venv`", ["python3", "-m", "venv", ".venv"]),
        ("the packages", [*pip, "--require-hashes", compiling, "-r", "requirements.lock"]),
        ("devkit itself", [*pip, "--no-build-isolation", "-e", "."]),
    ):
        before = _worked()
        subprocess.run(command, check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
        yield step, _worked() - before
    for step in ("the first start", "the second start"):
        before, port = _worked(), _free_port()
        command = [".venv/bin/devkit", "serve", "--port", str(port)]
        with serving(command, port, READY, cwd=folder, env=environment):
            pass
        yield step, _worked() - before


def _worked() -> float:
    """Seconds that processes of ours which have ended kept a processor busy."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def compared(seconds: Mapping[str, list[float]], sizes: Mapping[str, float]) -> str:
    """A row for each server: seconds, and how many times the other's of the same round."""
    rows = []
    for name, took in seconds.items():
        ratio = statistics.median(ours / theirs for ours, theirs in zip(took, seconds[BESIDE], strict=True))
        rows.append([name, f"{statistics.median(took):.0f} s", f"{ratio:.1f}", f"{sizes[name]:.0f} MB"])
    return report.table(["", "to the first answer", "to json-server", "on disk"], rows)


def where_it_goes(steps: Mapping[tuple[str, str], list[float]]) -> str:
    names = list(dict.fromkeys(step for step, _ in steps))
    rows = [[step, *(f"{statistics.median(steps[step, how]):.1f} s" for how in COMPILING)] for step in names]
    return report.table(["devkit, seconds of a processor", "as it is", "were pip to compile"], rows)


def _readmes_command() -> str:
    found = re.search(r"^```bash\n(.*)\n```", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return found[1]


def _check_out(folder: Path) -> None:
    """The files of the checkout as they are now, without what running them left behind."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, check=True, cwd=ROOT, capture_output=True, text=True).stdout.split("\0"):
        if name and (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def _environment(cache: Path) -> dict[str, str]:
    ours = ("DEVKIT_", "PYTHON", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"PIP_CACHE_DIR": str(cache), "npm_config_cache": str(cache), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def _free_port() -> int:
    for port in PORTS:
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise SystemExit("no port is free")


@contextlib.contextmanager
def _empty() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="first-answer-") as made:
        (Path(made) / "project").mkdir()
        yield Path(made)


def _megabytes(folder: Path) -> float:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()) / 1e6


if __name__ == "__main__":
    main()
