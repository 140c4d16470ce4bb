"""`devkit demo` as a process: both addresses, ports that are taken, and an end to both servers."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from devkit.effects import DAY, machine_now, parse_instant
from tests.process import environment


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The demo in a process of its own, and what it said when it was ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "devkit", "demo", "--port", "0", "--memory", "--json", *arguments],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        yield process, json.loads(line)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def taken() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def get(url: str, **headers: str) -> tuple[int, Any, str]:
    """Status, headers and text."""
    return send("GET", url, headers)


def send(method: str, url: str, headers: Mapping[str, str], body: str | None = None) -> tuple[int, Any, str]:
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection("127.0.0.1", parts.port, timeout=10)) as connection:
        connection.request(
            method, url.removeprefix(f"http://{parts.netloc}") or "/", body, {"Host": parts.netloc, **headers}
        )
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()


def test_it_serves_the_page_and_the_backend_and_ends_both(tmp_path: Path) -> None:
    with running(tmp_path, "--frontend-port", "0") as (process, ready):
        assert ready["event"] == "ready"
        page = ready["page"]
        status, headers, text = get(page)
        assert (status, headers.get_content_type()) == (200, "text/html")
        assert "<title>devkit demo</title>" in text
        assert headers["Cache-Control"] == "no-store"
        assert (
            f"connect-src 'self' {ready['url']} ws://localhost:{ready['port']};" in headers["Content-Security-Policy"]
        )
        described = json.loads(get(f"{page}/backend.json")[2])
        assert (described["port"], described["testUser"]) == (ready["port"], ready["test_user"])
        # Whatever its port, the page may call the backend.
        answered = get(f"{ready['url']}/api/health", Origin=page)[1]
        assert answered["Access-Control-Allow-Origin"] == page
        # Whoever looks at a demo sees dates of these days (issue 15, point 16).
        is_json = {"Content-Type": "application/json"}
        signed_in = send("POST", f"{ready['url']}/api/auth/login", is_json, json.dumps(ready["test_user"]))
        token = json.loads(signed_in[2])["token"]
        me = json.loads(get(f"{ready['url']}/api/auth/me", Authorization=f"Bearer {token}")[2])["user"]
        assert machine_now() - parse_instant(me["createdAt"]) < 100 * DAY
        process.terminate()
        assert process.wait(timeout=20) == 0
        for url in (page, ready["url"]):
            with pytest.raises(ConnectionRefusedError):
                get(url)


def test_the_page_serves_its_files_and_nothing_else(tmp_path: Path) -> None:
    with running(tmp_path, "--frontend-port", "0") as (_, ready):
        page = ready["page"]
        assert get(f"{page}/net/renewal.js")[1].get_content_type() == "text/javascript"
        assert get(f"{page}/style/base.css")[1].get_content_type() == "text/css"
        assert get(f"{page}/verify?token=x")[0] == 200
        for path in ("/../config.py", "/%2e%2e/config.py", "/net/", "/no-such.js", "/api/health"):
            assert get(page + path)[0] == 404
        assert get(page, Host="evil.example")[0] == 403
        # The mailbox beside the registration comes from the control plane, which lets no other origin in.
        assert get(f"{page}/_devkit/api/mail")[0] == 200
        assert send("POST", f"{page}/_devkit/api/reset", {"Origin": "http://evil.example"})[0] == 403


def test_a_scenario_is_on_from_the_start(tmp_path: Path) -> None:
    with running(tmp_path, "--frontend-port", "0", "--scenario", "maintenance") as (_, ready):
        assert get(f"{ready['url']}/api/health")[0] == 503
        assert get(ready["page"])[0] == 200


def test_a_taken_port_of_the_page_is_told_with_the_option_that_names_another(tmp_path: Path) -> None:
    with closing(taken()) as listener:
        port = listener.getsockname()[1]
        result = _failing(tmp_path, "--port", "0", "--frontend-port", str(port))
    assert result.returncode == 3
    assert f"error: Port {port} is in use" in result.stderr
    assert "--frontend-port" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_taken_port_of_the_backend_is_told_too(tmp_path: Path) -> None:
    with closing(taken()) as listener:
        port = listener.getsockname()[1]
        result = _failing(tmp_path, "--port", str(port), "--frontend-port", "0")
    assert result.returncode == 3
    assert f"error: Port {port} is in use" in result.stderr
    assert "--frontend-port" not in result.stderr


@pytest.mark.parametrize(("arguments", "said"), [
    (("--frontend-port", "70000"), "The option --frontend-port cannot be '70000'"),
    (("--frontend-port", "x"), "The option --frontend-port cannot be 'x'"),
    (("--port", "8123", "--frontend-port", "8123"), "Port 8123 is the backend's."),
    (("--scenario", "maintenence", "--port", "0", "--frontend-port", "0"), "Did you mean 'maintenance'?"),
])  # fmt: skip
def test_bad_options_are_told(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    result = _failing(tmp_path, *arguments)
    assert result.returncode in {2, 3}
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def _failing(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "devkit", "demo", "--memory", *arguments],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
