"""Starting servers, and putting load on them with wrk."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw: requests a second, latencies in microseconds, and answers that were no success."""

    rate: float
    p50: float
    p95: float
    p99: float
    failed: int


@dataclass(frozen=True, slots=True)
class Server:
    """A process that answers. `cold` is the time from its start to its first answer, in seconds."""

    pid: int
    port: int
    cold: float

    @property
    def rss(self) -> float:
        """Resident memory of it and its children, in MB."""
        return sum(_rss(pid) for pid in _family(self.pid)) / 1024


@contextlib.contextmanager
def serving(command: Sequence[str], port: int, ready: str, *, patience: float = 60, **options: Any) -> Iterator[Server]:
    """Start a server, wait (so many seconds at most) until the path `ready` answers 200, and stop it in the end."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, **options
    )
    try:
        while not _answers(port, ready):
            if process.poll() is not None or time.perf_counter() - begun > patience:
                raise RuntimeError(f"{command[0]} … did not start: {' '.join(command)}")
            time.sleep(0.002)
        yield Server(process.pid, port, time.perf_counter() - begun)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Any:
    """One request's JSON. Raises RuntimeError for an error."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        given = {"Content-Type": "application/json", **(headers or {})}
        connection.request(method, path, None if body is None else json.dumps(body), given)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:200]!r}")
        return json.loads(text) if text else None
    finally:
        connection.close()


def wrk(port: int, script: Path, *, connections: int = 32, seconds: float = 3.0, **environment: str) -> Load:
    """Run a Lua script's requests from one thread."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "-s", str(script)]
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{port}"], capture_output=True, text=True, env=os.environ | environment, check=True
    )
    found = re.search(r"RESULT (\S+) (\S+) (\S+) (\S+) (\d+)", done.stdout)
    if found is None:
        raise RuntimeError(f"wrk said: {done.stdout}{done.stderr}")
    rate, p50, p95, p99 = (float(number) for number in found.groups()[:4])
    return Load(rate, p50, p95, p99, int(found[5]))


def _answers(port: int, path: str) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
    except OSError:
        return False
    return status == 200


def _family(pid: int) -> list[int]:
    found = [pid]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) in found:
                found.append(int(stat.parent.name))
    return found


def _rss(pid: int) -> int:
    with contextlib.suppress(OSError):
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
        return int(found[1]) if found else 0
    return 0
