"""Verify others' servers, and print what was found: `python -m tests.verify.others.table [NAME…]`.

Installs their packages, in the versions that stand beside this file, in a temporary folder: minutes, and npm and PyPI.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.installing import npm_installed, pip_installed
from tests.verify.others.servers import HERE, SERVERS, Server

_PATIENCE = 60.0
"""Seconds until a server has to be up."""


def installed(folder: Path) -> None:
    """Have all packages there, in `node_modules` and `venv`."""
    shutil.copy(HERE / "package.json", folder)
    npm_installed(folder)
    pip_installed(folder / "venv", "-r", HERE / "requirements.txt")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def started(server: Server, folder: Path) -> Iterator[str]:
    """The address of the server, for as long as it is needed."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {"PORT": str(port), "PATH": f"{folder.parent}/venv/bin:{os.environ['PATH']}"}
    command = f"exec {server.command}"
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(["sh", "-c", command], cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        until = time.monotonic() + _PATIENCE
        while not answers(url):
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"{server.name} did not come up: {(folder / 'server.log').read_text()[-2_000:]}")
            time.sleep(0.2)
        if server.before is not None:
            path, told = server.before
            headers = {"Origin": "http://localhost:3000"}
            httpx.post(url + path, json=told, headers=headers).raise_for_status()
        yield url
    finally:
        process.terminate()
        process.wait(10)


def answers(url: str) -> bool:
    try:
        httpx.get(url)
    except httpx.TransportError:
        return False
    return True


def verified(server: Server, url: str, folder: Path) -> dict[str, Any]:
    """The report on it."""
    if server.document:
        (folder / "document.json").write_bytes(httpx.get(url + server.document).raise_for_status().content)
    command = [sys.executable, "-m", "devkit", "verify", url, "--contract", str(folder / server.contract), "--json"]
    done = subprocess.run([*command, *server.flags], cwd=folder, capture_output=True, text=True, check=False)
    if not done.stdout.startswith("{"):
        raise SystemExit(f"{server.name}: {done.stdout}{done.stderr}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main(names: Sequence[str]) -> None:
    wanted = [one for one in SERVERS if not names or any(name.lower() in one.name.lower() for name in names)]
    with tempfile.TemporaryDirectory(prefix="devkit-others-") as made:
        folder = Path(os.environ.get("OTHERS", made))
        if not (folder / "node_modules").exists():
            folder.mkdir(parents=True, exist_ok=True)
            installed(folder)
        for server in wanted:
            with tempfile.TemporaryDirectory(dir=folder) as own:
                shutil.copytree(HERE, own, dirs_exist_ok=True)
                with started(server, Path(own)) as url:
                    report = verified(server, url, Path(own))
            say(f"\n## {server.name}: {report['summary']}")
            for check in report["checks"]:
                if check["verdict"] in {"failed", "inconclusive"} or os.environ.get("OTHERS_ALL"):
                    say(f"{check['verdict']:12} {check['id']:28} {check['reason']}")


if __name__ == "__main__":
    main(sys.argv[1:])
