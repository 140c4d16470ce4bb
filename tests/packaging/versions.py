"""Installs the built wheel in a fresh environment of each Python that is at hand, and sees it work there: the extras, a
start, a login, a scenario, a drill that a client passes, the tools for assistants; then by uvx and by pipx.

    python -m tests.packaging.versions               3.11 to 3.14, as far as they are here
    python -m tests.packaging.versions 3.13 3.14t    these
    python -m tests.packaging.versions --install     let uv bring those that are not

Needs a package index, and minutes. It ends with 1 where something did not work, and prints which Pythons it had.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
PATIENCE = 600
EXTRAS = ("mcp", "pytest")
"""Extras that are installed beside it."""

CLIENT = r"""
import http.cookiejar, json, os, urllib.error, urllib.request
browser = urllib.request.build_opener(
    urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), urllib.request.ProxyHandler({})
)
def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(os.environ["DEVKIT_URL"] + path, data, headers, method=method)
    with browser.open(request, timeout=30) as answer:
        return json.loads(answer.read() or "null")
call("POST", "/api/auth/login", {"email": "test@example.com", "password": "TestPass123!"})
for _ in range(4):
    try:
        call("GET", "/api/tasks")
    except urllib.error.HTTPError as error:
        assert error.code == 401, error.code
        call("POST", "/api/auth/refresh", {})
        call("GET", "/api/tasks")
"""
"""A frontend that refreshes once, and repeats the call."""


SUITE = """
def test_a_sandbox_is_signed_in_to(devkit):
    assert devkit.client.get("/api/auth/me").status_code == 200
"""


class Wrong(Exception):
    """What did not work, in a sentence."""


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    installs = "--install" in arguments
    wanted = [one for one in arguments if not one.startswith("-")] or list(VERSIONS)
    with tempfile.TemporaryDirectory(prefix="devkit-versions-") as folder:
        wheel = built(Path(folder))
        say(f"built: {wheel.name}; the sdist builds the same")
        outcomes: dict[str, str] = {}
        for version in wanted:
            python = interpreter(version, installs=installs)
            outcomes[version] = tried(partial(in_fresh, python, wheel)) if python else "not here"
            say(f"Python {version:6} {outcomes[version]}")
        for name, started_so in (("uvx", by_uvx), ("pipx run", by_pipx)):
            outcomes[name] = tried(partial(started_so, wheel, Path(folder)))
            say(f"{name:13} {outcomes[name]}")
    return 1 if any(outcome.startswith("failed") for outcome in outcomes.values()) else 0


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def tried(work: Callable[[], str]) -> str:
    try:
        return f"works: {work()}"
    except Wrong as error:
        return f"failed: {error}"


def built(folder: Path) -> Path:
    """The wheel of the checkout, once that of its sdist was seen to hold the same. Raises Wrong."""
    run([sys.executable, "-m", "hatchling", "build", "-d", str(folder / "dist")], cwd=ROOT)
    [sdist], [wheel] = (folder / "dist").glob("*.tar.gz"), (folder / "dist").glob("*.whl")
    shutil.unpack_archive(sdist, folder / "unpacked", filter="data")
    [source] = (folder / "unpacked").iterdir()
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "again")], cwd=source)
    if (folder / "again" / wheel.name).read_bytes() != wheel.read_bytes():
        raise Wrong("the sdist builds another wheel than the checkout")
    return wheel


def interpreter(version: str, *, installs: bool) -> str | None:
    """A Python of that version: on the path, of pyenv, or of uv."""
    if (found := shutil.which(f"python{version}")) and answers(found, version):
        return found
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for one in sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True):
        if answers(str(one), version):
            return str(one)
    if uv := shutil.which("uv"):
        if installs:
            subprocess.run([uv, "python", "install", version], capture_output=True, check=False, timeout=PATIENCE)
        done = subprocess.run(
            [uv, "python", "find", "--no-python-downloads", version], capture_output=True, text=True, check=False
        )
        if done.returncode == 0 and answers(done.stdout.strip(), version):
            return done.stdout.strip()
    return None


def answers(python: str, version: str) -> bool:
    """Whether it is one of that version, and can make environments."""
    script = "import sys, venv, ssl, sqlite3; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", script], capture_output=True, text=True, check=False)
    return done.stdout.strip() == version.rstrip("t")


def in_fresh(python: str, wheel: Path) -> str:
    """What was seen to work. Raises Wrong."""
    with tempfile.TemporaryDirectory(prefix="devkit-fresh-") as name:
        folder = Path(name)
        binaries, pip = environment(python, folder / "env")
        run([*pip, "install", "--quiet", f"devkit-mock[{','.join(EXTRAS)}] @ {wheel.as_uri()}"])
        run([*pip, "check"])
        devkit = [str(binaries / "devkit")]
        (folder / "work").mkdir()
        seen = works(devkit, str(binaries / "python"), folder / "work")
        seen.append(f"{tools(devkit, folder / 'work')} tools")
        (folder / "work" / "test_it.py").write_text(SUITE)
        run([str(binaries / "python"), "-m", "pytest", "-q", "test_it.py"], cwd=folder / "work")
        seen.append("fixtures")
        version = run([str(binaries / "python"), "-c", "import platform; print(platform.python_version())"]).strip()
        return f"{version}: {', '.join(seen)}"


def works(devkit: list[str], python: str, folder: Path) -> list[str]:
    """Start, login, scenario, drill. Raises Wrong."""
    with serving(devkit, folder) as url:
        login = {"email": "test@example.com", "password": "TestPass123!"}
        if (status := asked(url, "POST", "/api/auth/login", login)) != 200:
            raise Wrong(f"the login is answered with {status}")
        asked(url, "POST", "/_devkit/api/scenarios/maintenance/use", {})
        if (status := asked(url, "GET", "/api/tasks")) != 503:
            raise Wrong(f"under maintenance a call is answered with {status}")
        asked(url, "POST", "/_devkit/api/scenarios/off", {})
        (folder / "client.py").write_text(CLIENT)
        drill = [*devkit, "drill", "expired-token", "--url", url, "--json", "--", python, "client.py"]
        told = json.loads(run(drill, cwd=folder))
        if told["verdict"] != "passed":
            raise Wrong(f"the drill is {told['verdict']}")
    return ["start", "login", "scenario", "drill"]


def tools(devkit: list[str], folder: Path) -> int:
    """How many tools an assistant is told of. Raises Wrong."""
    client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "versions", "version": "1"}}
    messages: list[dict[str, Any]] = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
    ]
    with subprocess.Popen(
        [*devkit, "mcp"], cwd=folder, env=clean(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for message in messages:
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
        answers = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.stdin.close()
        if process.wait(60) != 0:
            raise Wrong(f"devkit mcp ends with {process.returncode}")
    return len(answers[-1]["result"]["tools"])


def by_uvx(wheel: Path, folder: Path) -> str:
    """uv may be on the path, or the one of a fresh environment."""
    uv = shutil.which("uv") or tool("uv", folder)
    command = [uv, "tool", "run", "--isolated", "--from", f"devkit-mock[mcp] @ {wheel.as_uri()}", "devkit"]
    return started(command, folder / "by-uvx")


def by_pipx(wheel: Path, folder: Path) -> str:
    pipx = shutil.which("pipx") or tool("pipx", folder)
    return started([pipx, "run", "--no-cache", "--spec", str(wheel), "devkit"], folder / "by-pipx")


def started(command: list[str], folder: Path) -> str:
    """Serve by that command. Raises Wrong."""
    folder.mkdir()
    with serving(command, folder) as url:
        if (status := asked(url, "GET", "/api/health")) != 200:
            raise Wrong(f"its health is answered with {status}")
    return "start, health"


def tool(name: str, folder: Path) -> str:
    """A program of PyPI's, in an environment of its own."""
    binaries, pip = environment(sys.executable, folder / name)
    run([*pip, "install", "--quiet", name])
    return str(binaries / name)


def environment(python: str, folder: Path) -> tuple[Path, list[str]]:
    """Where the programs of a fresh environment are, and the pip that installs into it: this one, for any Python."""
    run([python, "-m", "venv", "--without-pip", str(folder)])
    binaries = folder / ("Scripts" if sys.platform == "win32" else "bin")
    return binaries, [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(binaries / "python")]


@contextmanager
def serving(devkit: list[str], folder: Path) -> Iterator[str]:
    """The address of a server, until the block is left. Raises Wrong where it does not start, or ends badly."""
    command = [*devkit, "serve", "--port", "0", "--memory", "--json"]
    with subprocess.Popen(
        command, cwd=folder, env=clean(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        try:
            if not first:
                raise Wrong(f"it does not start: {process.stderr.read()[-500:]}")
            told = json.loads(first)
            yield told["url"]
            # The server itself: uvx and pipx stand before it.
            os.kill(told.get("pid", process.pid), 15)
            _, complaints = process.communicate(timeout=60)
            if process.returncode not in {0, -15, 143} or "Traceback" in complaints:
                raise Wrong(f"it ends with {process.returncode}: {complaints[-500:]}")
        finally:
            process.kill()


def asked(url: str, method: str, path: str, body: Any = None) -> int:
    """The status of an answer."""
    data = None if body is None else json.dumps(body).encode()
    kind = {"Content-Type": "application/json"}
    request = urllib.request.Request(url + path, data, kind, method=method)  # noqa: S310 - an address of our own
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        return error.code


def clean() -> dict[str, str]:
    """The environment, with nothing that could lead back to the checkout."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in {"PYTHONPATH", "VIRTUAL_ENV"} and not name.startswith("DEVKIT_")
    }


def run(command: list[str], *, cwd: Path | None = None) -> str:
    """What a command says. Raises Wrong."""
    done = subprocess.run(
        command, cwd=cwd or Path(tempfile.gettempdir()), env=clean(), capture_output=True, text=True, timeout=PATIENCE,
        check=False,
    )  # fmt: skip
    if done.returncode:
        told = (done.stderr or done.stdout).strip().splitlines()[-4:]
        raise Wrong(f"`{' '.join(Path(command[0]).name if n == 0 else w for n, w in enumerate(command))[:120]}` ends "
                    f"with {done.returncode}: {' / '.join(told)}")  # fmt: skip
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
