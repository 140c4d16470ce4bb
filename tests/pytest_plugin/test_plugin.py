"""The fixtures as tests of others use them, each with a sandbox of a server that all of them share."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from devkit.pytest_plugin.server import Server
from devkit.pytest_plugin.servers import name_of
from tests.pytest_plugin.conftest import Play

pytest_plugins = ["pytester"]

WAYS = """
import anyio, httpx, pytest, requests

def test_each_way_leads_there(devkit):
    for url, headers in (
        (devkit.path_url, {}),
        (devkit.server_url, devkit.headers),
        (devkit.server_url, {"Cookie": "; ".join("=".join(pair) for pair in devkit.cookie.items())}),
        (devkit.server_url, {"X-API-Key": devkit.token}),
    ):
        assert requests.get(f"{url}/_devkit/api/status", headers=headers).json()["sandbox"] == devkit.id
    assert devkit.url == f"http://{devkit.host}" and devkit.host.startswith(devkit.id + ".localhost:")
    assert devkit.at("http://localhost:5173/x") == f"http://{devkit.id}.localhost:5173/x"

def test_clients_are_signed_in_when_they_are_used(devkit):
    assert devkit.client.get("/api/auth/me").json()["user"]["email"] == "test@example.com"
    assert devkit.user("admin").client.get("/api/auth/me").json()["user"]["role"] == "admin"
    assert httpx.get(devkit.server_url + "/api/auth/me", headers=devkit.user().headers).status_code == 200
    signed_in = devkit.client.post("/api/auth/login", json={
        "email": "other@example.com", "password": devkit.user("other").password})
    assert signed_in.status_code == 200
    assert devkit.client.get("/api/auth/me").json()["user"]["email"] == "other@example.com"

@pytest.mark.anyio
async def test_await_works_too(devkit, anyio_backend):
    async with anyio.create_task_group() as group:
        async def forgot():
            await devkit.async_client.post("/api/auth/forgot", json={"email": "test@example.com"})
        group.start_soon(forgot)
        assert (await devkit.mail.async_wait("test@example.com"))["kind"] == "reset"
    (entry,) = await devkit.journal.async_wait(operation="auth.forgot")
    assert entry["status"] == 200

@pytest.mark.devkit(scenario="maintenance", clock="2026-01-20T10:00:00Z", frozen=True, seed=7)
def test_a_marker_says_how_it_begins(devkit):
    assert devkit.client.get("/api/tasks").status_code == 503
    assert devkit.clock.now.isoformat() == "2026-01-20T10:00:00+00:00"
    assert devkit.seed.number == 7

def test_the_clock_ends_sessions(devkit):
    assert devkit.client.get("/api/tasks").status_code == 200
    devkit.clock.advance("25h")
    assert devkit.client.get("/api/tasks").json()["error"] == "token_expired"
    devkit.clock.freeze("2030-01-01T00:00:00Z")
    assert devkit.clock.now.year == 2030
    devkit.clock.reset()
    assert devkit.clock.now.year < 2030

def test_scenarios_end_with_their_block(devkit):
    with devkit.scenario.use("maintenance"):
        assert devkit.client.get("/api/tasks").status_code == 503
    assert devkit.client.get("/api/tasks").status_code == 200
    rules = [{"id": "down", "match": {"operation": "tasks.list"}, "fault": {"type": "http.html_error"}}]
    with devkit.scenario.use({"name": "tried", "title": "Tried", "rules": rules}) as on:
        assert on.name == "tried"

def test_calls_are_counted(devkit):
    assert devkit.calls("tasks.create").count == 0
    devkit.client.post("/api/tasks", json={"title": "Buy milk"})
    devkit.client.post("/api/tasks", json={})
    assert devkit.calls("tasks.create").count == 2
    assert devkit.calls("tasks.*").statuses == [201, 400]
    assert len(devkit.journal.wait(operation="tasks.create", count=2)) == 2
    assert devkit.journal.show(1)["request"]["body"] == '{"title":"Buy milk"}'
    devkit.reset()
    assert devkit.calls("*").count == 0
    assert devkit.client.get("/api/tasks?q=Buy milk").json()["total"] == 0

def test_events_reach_sockets(devkit):
    from aiohttp import ClientSession
    import asyncio
    async def listen():
        async with ClientSession(devkit.server_url, headers=devkit.headers) as http:
            async with http.ws_connect(f"/ws?token={devkit.token}") as socket:
                await socket.receive_json()
                await socket.send_json({"type": "subscribe", "topics": ["tasks"]})
                await socket.receive_json()
                assert len(devkit.events.sockets) == 1
                devkit.events.send("tasks", {"task": {"title": "told"}}, type="task_created")
                return await socket.receive_json()
    assert asyncio.run(listen())["task"]["title"] == "told"
"""


def test_all_that_a_test_may_want_of_its_sandbox(suite: Play, server: Server) -> None:
    suite(WAYS, "-p", "anyio.pytest_plugin", "-k", "not trio").assert_outcomes(passed=8)
    left = [one["id"] for one in server.control().get("/sandboxes")["data"]]
    assert left == ["main"]


FAILING = """
import pytest

def test_counted(devkit):
    devkit.client.post("/api/tasks", json={"title": "a"})
    devkit.client.post("/api/auth/login", json={"email": "test@example.com", "password": "TestPass123!"})
    devkit.client.get("/api/tasks?api_key=dk_live_0123456789abcdef")
    assert devkit.calls("tasks.create").count == 2

def test_silent(devkit):
    assert devkit.calls("tasks.*").count

def test_drilled(devkit):
    with devkit.drill("expired-token") as drill:
        assert drill.verdict == "inconclusive"
        devkit.client.get("/api/tasks")

def test_mailed(devkit):
    devkit.client.post("/api/auth/forgot", json={"email": "test@example.com"})
    devkit.mail.wait("admin@example.com", timeout=0.05)

def test_waited(devkit):
    devkit.journal.wait(operation="tasks.create", timeout=0.05)

def test_removed(devkit):
    devkit.server.control().delete(f"/sandboxes/{devkit.id}")
    devkit.clock.advance("1h")

def test_without_httpx(devkit, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "httpx", None)
    assert devkit.user().headers["Authorization"]
    devkit.client

def test_slipped(devkit):
    devkit.scenario.use("maintenence")
"""


def test_a_failing_test_says_what_happened_in_a_sentence(suite: Play) -> None:
    result = suite(FAILING)
    result.assert_outcomes(failed=8)
    result.stdout.fnmatch_lines(
        [
            "E       assert 1 == 2",
            "E         tasks.create was called 1 times:",
            "E           #1  *  POST /api/tasks  201  tasks.create  test@example.com",
            "* devkit: the journal of test-counted-* *",
            "#2  *  POST /api/auth/login  200  auth.login*",
            "#3  *  GET /api/tasks[?]api_key=*  200  tasks.list*",
            "*Nothing was called.* It is at http://localhost:*/~test-silent-* (anything)*",
            ">       with devkit.drill(*",
            "E       Failed: The drill of expired-token (*): inconclusive",
            "E         [?] However many calls failed together, it refreshes once",
            ">       devkit.mail.wait(*",
            "E       Failed: Within 0.05 s there came no mail to admin@example.com; there are:",
            "E           reset to test@example.com: Reset your password",
            "E       Failed: Within 0.05 s the journal got 0 of 1 entries with operation='tasks.create'. All of it:",
            "E       Failed: The sandbox test-removed-* was removed under this test.",
            "devkit.client needs httpx, which is not installed: pip install 'devkit-mock[[]pytest]'.*",
            "E  *There is no scenario 'maintenence'. Did you mean 'maintenance'?*",
        ]
    )
    shown = result.stdout.str()
    assert "dk_live_0123456789abcdef" not in shown.replace('"/api/tasks?api_key=dk_live_0123456789abcdef"', "")
    assert "contextlib.py" not in shown
    assert "During handling" not in shown


MARKED = """
import pytest

@pytest.mark.devkit({0})
def test_it(devkit): ...
"""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("scenario='maintenence'", "(scenario='maintenence'): there is none. Did you mean 'maintenance'[?]"),
        ("dialect=['agreed', 'webpluss']", "(dialect='webpluss'): there is none. Did you mean 'webplus'[?]"),
        ("scenarios='maintenance'", " knows no 'scenarios'. Did you mean 'scenario'[?] It takes scenario, clock, *"),
        ("contract='gone.yaml'", "(contract=…): there is no file */gone.yaml."),
        ("clock='yesterday'", "(clock=…): 'yesterday' is no moment; write it as 2026-01-20T10:00:00Z."),
        ("seed='7'", "(seed='7'): a seed is a whole number, 0 or more."),
        ("'maintenance'", " takes words alone, such as scenario='maintenance'."),
    ],
)
def test_a_marker_is_checked_when_tests_are_collected(play: Play, words: str, told: str) -> None:
    result = play(MARKED.format(words))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["* ERROR collecting test_suite.py *", f"test_it: @pytest.mark.devkit{told}"])


def test_the_same_test_has_the_same_ids_in_each_run(suite: Play, server: Server) -> None:
    code = """
    def test_ids(devkit):
        print("id", devkit.client.post("/api/tasks", json={"title": "x"}).json()["id"], devkit.id)
    """
    runs = [suite(code, "-s").stdout.str() for _ in range(2)]
    lines = [next(line for line in run.splitlines() if line.startswith("id ")) for run in runs]
    assert lines[0] == lines[1]
    # Another run of it is under way at the same server.
    name = lines[0].split()[2]
    server.control().post("/sandboxes", {"id": name})
    try:
        suite(code, "-s").stdout.fnmatch_lines([f"id * {name[:31]}-????????"])
    finally:
        server.control().delete(f"/sandboxes/{name}")


def test_names_of_sandboxes_are_names_of_hosts() -> None:
    """RFC 1035, section 2.3.1: letters, digits and hyphens, none at either end."""
    for test in ("a/test_b.py::TestC::test_" + "long_" * 20, "x.py::test_é[ü-1]", "x.py::test_a[-]"):
        assert all(part.isalnum() and part.isascii() for part in name_of(test).split("-"))
        assert len(name_of(test)) <= 40


def test_in_a_drill_tests_are_in_its_sandbox(
    suite: Play, server: Server, monkeypatch: pytest.MonkeyPatch, play: Play
) -> None:
    """As `devkit drill expired-token -- pytest` has it."""
    server.control().post("/sandboxes", {"id": "drilled"})
    try:
        monkeypatch.setenv("DEVKIT_URL", f"{server.url}/~drilled")
        code = "def test_it(devkit):\n    assert devkit.id == 'drilled'\n    devkit.client.get('/api/tasks')"
        play(code).assert_outcomes(passed=1)
        assert server.control("drilled").get("/status")["counts"]["journal"] == 1
    finally:
        server.control().delete("/sandboxes/drilled")


@contextmanager
def pretending(answers: dict[tuple[str, str], Any], status: int = 200) -> Iterator[str]:
    """A server that answers so, and knows nothing else."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.dumps(answers.get((self.command, self.path), {})).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}"
        finally:
            http.shutdown()
            thread.join()


SANDBOX = {"id": "x", "url": "http://x.localhost:1", "path_url": "http://localhost:1/~x", "header": {}, "seed": 1}
USES = "def test_it(devkit): ..."


def test_what_is_wrong_with_a_server_elsewhere_is_told(play: Play) -> None:
    made, status = ("POST", "/_devkit/api/sandboxes"), ("GET", "/_devkit/api/status")
    older = {status: {"version": "0.0.9", "sandbox": "x"}, made: SANDBOX}
    with pretending(older) as url:
        result = play(USES, "--devkit-url", url, "-o", "filterwarnings=default")
    result.stdout.fnmatch_lines(
        [
            f"The devkit server at {url} is older than this plugin: its sandboxes have no token. Update it.",
            f"*DevkitWarning: The devkit server at {url} is 0.0.9, older than this plugin (*): it does not know*",
        ]
    )
    stripped = {status: {"version": "9.9.9", "sandbox": "main"}, made: SANDBOX | {"token": "dk_sbx_x_0"}}
    with pretending(stripped) as url:
        result = play(USES, "--devkit-url", url)
    result.stdout.fnmatch_lines(
        [
            f"What is asked of the sandbox x at {url} arrives at main: something on the way, a proxy or a dev server, "
            "drops the header X-Devkit-Sandbox. Name the server's own address."
        ]
    )
    with pretending({status: {"message": "This call needs the token of the project"}}, 401) as url:
        result = play(USES, "--devkit-url", url)
    result.stdout.fnmatch_lines(["This call needs the token of the project"])
    result = play(USES, "--devkit-url", "http://127.0.0.1:9")
    result.stdout.fnmatch_lines(["No devkit server answers at http://127.0.0.1:9 (*"])
    assert "Traceback" not in result.stdout.str()
