"""SIGTERM finishes what is arriving: bodies are read to their end within the drain's time, and answered."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.conftest import EMAIL, PASSWORD
from tests.process import Process, serving

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM")

_TASK = json.dumps({"title": "Arrives late"}).encode()


def _request(path: str, body: bytes, *fields: str) -> tuple[bytes, bytes]:
    """A request's head, and its body."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *fields,
    ]
    return "\r\n".join([*lines, "", ""]).encode(), body


def _connect(process: Process) -> socket.socket:
    return socket.create_connection(("127.0.0.1", process.port), timeout=20)


def _answer(connection: socket.socket) -> tuple[str, str]:
    """All that comes until the server closes: head and body."""
    data = b""
    while chunk := connection.recv(65_536):
        data += chunk
    head, _, body = data.decode().partition("\r\n\r\n")
    return head, body


def _token(process: Process) -> str:
    body = json.dumps({"email": EMAIL, "password": PASSWORD}).encode()
    with _connect(process) as connection:
        connection.sendall(b"".join(_request("/api/auth/login", body, "Connection: close")))
        head, _ = _answer(connection)
    return head.split("auth-token=", 1)[1].split(";", 1)[0]


def _is_closed(process: Process) -> bool:
    try:
        _connect(process).close()
    except OSError:
        return True
    return False


def test_a_body_that_is_on_its_way_is_read_to_its_end_and_answered(tmp_path: Path) -> None:
    with serving(tmp_path, "--db", "d.db") as process:
        head, body = _request("/api/tasks", _TASK, f"Authorization: Bearer {_token(process)}")
        with _connect(process) as connection:
            connection.sendall(head + body[:5])
            # The head was read when the body is asked for; here it only has to be accepted before the listener closes.
            with _connect(process) as other:
                other.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                assert _answer(other)[0].startswith("HTTP/1.1 200")
            os.kill(process.pid, signal.SIGTERM)
            deadline = time.monotonic() + 10
            while not _is_closed(process) and time.monotonic() < deadline:
                pass
            connection.sendall(body[5:])

            answered, told = _answer(connection)

        assert answered.startswith("HTTP/1.1 201"), answered
        assert "connection: close" in answered.lower()
        while process.is_running and time.monotonic() < deadline + 10:
            time.sleep(0.02)
        assert "stopped" in process.output
    with serving(tmp_path, "--db", "d.db") as process, _connect(process) as connection:
        field = f"Authorization: Bearer {_token(process)}"
        lines = [f"GET /api/tasks/{json.loads(told)['id']} HTTP/1.1", "Host: localhost", field, "Connection: close"]
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        assert "Arrives late" in _answer(connection)[1]


def test_one_that_never_ends_does_not_keep_the_server_from_stopping(tmp_path: Path) -> None:
    with serving(tmp_path, "--memory") as process:
        head, body = _request("/api/tasks", _TASK, f"Authorization: Bearer {_token(process)}")
        with _connect(process) as connection:
            connection.sendall(head + body[:5])
            assert process.stop() == 0
            assert "Traceback" not in process.output
