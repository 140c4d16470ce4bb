"""`python -m benchmarks.first_answer`: from the README's first command, in a fresh checkout, to the first answer."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
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
    sizes: dict[str, float] = {}
    with _empty() as caches:
        for number in range(chosen.rounds + 1):
            for name, peer in peers().items():
                with _empty() as folder:
                    took = first_answer(peer, folder / "project", caches)
                    sizes[name] = _megabytes(folder / "project" / peer.installed)
                print(f"round {number}: {name}: {took:.1f} s", flush=True, file=sys.stderr)
                if number:  # the first one fills the caches
                    seconds[name].append(took)
    conditions = f"{chosen.rounds} rounds, {report.machine()}, {time.perf_counter() - begun:.0f} s in all"
    text = f"Conditions: {conditions}. Medians.\n\n{compared(seconds, sizes)}"
    print(text)
    if not chosen.dry:
        report.publish("first", text, {})


def peers() -> dict[str, Peer]:
    npm = "npm install --no-audit --no-fund"
    return {
        OURS: Peer(lambda _: _readmes_command(), READY, _check_out, ".venv"),
        f"{OURS}, where uv is at hand": Peer(
            lambda _: f"export PATH={_folder_of_uv()}:$PATH; {_readmes_command()}", READY, _check_out, ".venv",
        ),
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
    """Seconds from typing the line in the folder to the first 200."""
    peer.prepare(folder)
    port = _free_port()
    line = ["bash", "-c", peer.command(port)]
    environment = _environment(cache) | {"DEVKIT_PORT": str(port)}
    with serving(line, port, peer.ready, patience=LONGEST, cwd=folder, env=environment) as server:
        return server.cold


def compared(seconds: Mapping[str, list[float]], sizes: Mapping[str, float]) -> str:
    """A row for each server: seconds, and how many times the other's of the same round."""
    rows = []
    for name, took in seconds.items():
        ratio = statistics.median(ours / theirs for ours, theirs in zip(took, seconds[BESIDE], strict=True))
        rows.append([name, f"{statistics.median(took):.0f} s", f"{ratio:.1f}", f"{sizes[name]:.0f} MB"])
    return report.table(["", "to the first answer", "to json-server", "on disk"], rows)


def _folder_of_uv() -> Path:
    """uv alone, wherever it was found: what else is beside it is no part of the measurement."""
    found = shutil.which("uv")
    if found is None:
        raise SystemExit("error: this needs uv: pip install uv")
    folder = Path(tempfile.gettempdir()) / "devkit-first-answer-uv"
    folder.mkdir(exist_ok=True)
    shutil.copy(found, folder)
    return folder


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
    places = {name: str(cache) for name in ("PIP_CACHE_DIR", "UV_CACHE_DIR", "npm_config_cache")}
    path = [place for place in os.environ["PATH"].split(os.pathsep) if not (Path(place) / "uv").exists()]
    return kept | places | {"PATH": os.pathsep.join(path)}


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
