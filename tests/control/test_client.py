from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from devkit.config import Settings
from devkit.control import runtime
from devkit.control.client import Client, connect
from devkit.errors import NotRunning, ServerRefused, UsageError
from tests.conftest import Client as ServerClient

ROOT = Path(__file__).resolve().parents[2]

MAILS = [
    {"id": "2", "to": "b@x.test", "subject": "Hello", "kind": "note", "text": "Hi", "link": None, "sent_at": "T2"},
    {
        "id": "1",
        "to": "a@x.test",
        "subject": "Verify",
        "kind": "verify",
        "text": "Go",
        "link": "http://l/1",
        "sent_at": "T1",
    },
]


class Control(BaseHTTPRequestHandler):
    """A stand-in for the control API; it remembers the calls."""

    calls: ClassVar[list[tuple[str, str, str | None]]] = []

    def do_GET(self) -> None:
        self.calls.append(("GET", self.path, self.headers.get("X-Devkit-Sandbox")))
        if self.path.startswith("/_devkit/api/mail?"):
            self._answer(200, {"data": MAILS, "total": 2})
        elif self.path == "/_devkit/api/mail/1":
            self._answer(200, MAILS[1])
        elif self.path == "/_devkit/api/odd":
            self._answer(200, None, raw=b"<html>")
        else:
            self._answer(404, {"error": "not_found", "message": "There is no such mail"})

    def do_POST(self) -> None:
        self.calls.append(("POST", self.path, self.headers.get("X-Devkit-Token")))
        self._answer(200, {"message": "Back to the seed", "seconds": 0.1})

    def _answer(self, status: int, value: Any, raw: bytes | None = None) -> None:
        body = json.dumps(value).encode() if raw is None else raw
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    Control.calls = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Control) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def devkit(directory: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "devkit", *arguments],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT), "DEVKIT_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_call_carries_sandbox_and_query(url: str) -> None:
    answer = Client(url, sandbox="w1").get("/mail", {"to": "a+b@x.test", "limit": 5, "kind": None})
    assert answer["total"] == 2
    assert Control.calls == [("GET", "/_devkit/api/mail?to=a%2Bb%40x.test&limit=5", "w1")]


def test_an_error_of_the_server_is_its_sentence(url: str) -> None:
    with pytest.raises(ServerRefused, match="There is no such mail"):
        Client(url).get("/mail/9")


def test_what_is_no_devkit_is_told(url: str) -> None:
    with pytest.raises(ServerRefused, match="no devkit server"):
        Client(url).get("/odd")


def test_a_server_that_is_not_there_is_not_running() -> None:
    with pytest.raises(NotRunning, match="No devkit server answers"):
        Client("http://127.0.0.1:1").get("/status")


@pytest.mark.parametrize("address", ["localhost:8000", "ftp://x", "http://", "http://x:port"])
def test_an_address_that_is_none_is_a_usage_error(address: str) -> None:
    with pytest.raises(UsageError):
        Client(address)


def test_the_running_server_is_found_with_its_token(url: str, tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="in this folder"):
        connect(tmp_path)
    settings = Settings(state_dir=tmp_path)
    runtime.announce(settings, _Running(url), token="t")
    assert connect(tmp_path).post("/reset")["seconds"] == 0.1
    assert connect(tmp_path, url=url + "/").post("/reset")
    other = tmp_path / runtime.FOLDER / f"{os.getppid()}.json"
    told = json.loads((tmp_path / runtime.FOLDER / f"{os.getpid()}.json").read_text())
    other.write_text(json.dumps(told | {"pid": os.getppid(), "url": "http://localhost:1"}))
    with pytest.raises(UsageError, match=r"2 devkit servers run in this folder: .*http://localhost:1") as several:
        connect(tmp_path)
    assert "--url" in str(several.value.remedy)
    other.unlink()
    # Another server gets no token that is not its own.
    assert connect(tmp_path, url=url.replace("127.0.0.1", "localhost")).post("/reset")
    assert [call[2] for call in Control.calls] == ["t", "t", None]


def test_a_proxy_of_the_environment_is_not_asked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert Client(url).post("/reset")


def test_mails_are_listed_and_shown(url: str, tmp_path: Path) -> None:
    listed = devkit(tmp_path, url, "mail")
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["SENT", "T2", "T1"]
    assert json.loads(devkit(tmp_path, url, "mail", "--json", "list").stdout)["total"] == 2
    assert "Link:    http://l/1" in devkit(tmp_path, url, "mail", "show", "1").stdout
    missing = devkit(tmp_path, url, "mail", "show", "9")
    assert (missing.returncode, missing.stderr) == (5, "error: There is no such mail\n")


def test_the_newest_link_is_printed_alone(url: str, tmp_path: Path) -> None:
    assert devkit(tmp_path, url, "mail", "--link").stdout == "http://l/1\n"


def test_no_link_is_a_sentence_and_status_1(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MAILS[1], "link", None)
    result = devkit(tmp_path, url, "mail", "--link", "--to", "a@x.test")
    assert (result.returncode, result.stdout) == (1, "")
    assert "no mail with a link to a@x.test yet" in result.stderr


def test_a_reset_tells_what_the_server_says(url: str, tmp_path: Path) -> None:
    assert devkit(tmp_path, url, "reset").stdout == "Back to the seed (0.10 s)\n"


class _Running:
    def __init__(self, url: str) -> None:
        self.url, self.database = url, "memory"


async def test_the_address_of_a_sandbox_by_path_chooses_it(client: ServerClient) -> None:
    await client.send("POST", "/_devkit/api/sandboxes", json={"id": "w1"})
    for address in (f"{client.url}/~w1", f"{client.url}/~w1/"):
        called = Client(address)
        assert called.url == client.url
        assert (await asyncio.to_thread(called.get, "/status"))["sandbox"] == "w1"
