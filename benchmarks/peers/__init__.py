"""The servers that devkit is measured beside: how each is installed, started and asked."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from benchmarks import data

HERE = Path(__file__).parent
PACKAGES = {
    "json-server": "json-server@0.17.4",
    "json-server-1": "json-server-1@npm:json-server@1.0.0-beta.15",
    **{name: name for name in ("@mockoon/cli", "@stoplight/prism-cli", "msw", "wiremock")},
}
"""What npm installs, by the folder that it is in then."""
FASTAPI = ("fastapi", "uvicorn[standard]")


@dataclass(frozen=True, slots=True)
class Peer:
    """A server. `command` makes its command line of a port; `list_path` is a page's path, with `{page}` in it."""

    name: str
    command: Callable[[int], list[str]]
    list_path: str = "/tasks?page={page}&limit=20"
    version: Callable[[], str] = lambda: ""


def cache() -> Path:
    """Where what is installed stays, outside the repository."""
    path = user_cache_path("devkit-benchmarks")
    path.mkdir(parents=True, exist_ok=True)
    return path


def install() -> None:
    """Install what is not there yet: npm's packages, and FastAPI in a virtual environment of its own."""
    for tool in ("wrk", "node", "npm", "java"):
        if shutil.which(tool) is None:
            raise SystemExit(f"{tool} is needed: apt-get install wrk nodejs npm default-jre-headless")
    missing = [name for name in PACKAGES if not (_modules() / name).is_dir()]
    if missing:
        print(f"installing {', '.join(missing)} into {cache()}", flush=True)
        if not (cache() / "package.json").exists():
            (cache() / "package.json").write_text('{"private": true}')
        for name in missing:
            # One by one, and whoever cannot be had is left out: the others can still be compared.
            wanted = ["npm", "install", "--no-audit", "--no-fund", PACKAGES[name]]
            subprocess.run(wanted, cwd=cache(), check=False)
    if not _fastapi_python().exists():
        print(f"installing FastAPI into {cache()}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(cache() / "fastapi")], check=True)
        subprocess.run([str(_fastapi_python()), "-m", "pip", "install", "-q", *FASTAPI], check=True)
    data.write(cache())


def peers() -> list[Peer]:
    """Bare aiohttp first: the others' ratios are taken of it."""
    folder, tasks = cache(), str(cache() / "tasks.json")
    jar = next((_modules() / "wiremock").rglob("*.jar"), Path("wiremock.jar"))
    wiremock = ["--no-request-journal", "--disable-banner", "--root-dir", str(folder / "wiremock")]
    return [
        Peer("bare aiohttp", lambda port: [sys.executable, str(HERE / "bare.py"), str(port), tasks], version=_aiohttp),
        Peer(
            "WireMock",
            lambda port: ["java", "-Xmx512m", "-jar", str(jar), "--port", str(port), *wiremock],
            version=lambda: _version("wiremock"),
        ),
        Peer(
            "MSW on node:http",
            lambda port: ["node", str(HERE / "msw.mjs"), str(port), tasks],
            version=lambda: _version("msw"),
        ),
        _json_server("json-server", "--quiet"),
        Peer(
            "Prism",
            lambda port: prism(port, _prism()),
            version=prism_version,
        ),
        Peer(
            "FastAPI, uvicorn",
            lambda port: [str(_fastapi_python()), str(HERE / "fastapi_app.py"), str(port), tasks],
            version=_fastapi,
        ),
        Peer(
            "Mockoon",
            lambda port: [
                *_bin("mockoon-cli"), "start", "--data", str(folder / "mockoon.json"), "--port", str(port),
                "--disable-log-to-file",
            ],
            version=lambda: _version("@mockoon/cli"),
        ),
    ]  # fmt: skip


def next_json_server() -> Peer:
    """Its next generation, which writes no log."""
    return _json_server("json-server-1")


def _json_server(package: str, *options: str) -> Peer:
    def command(port: int) -> list[str]:
        folder = _modules() / package
        program = json.loads((folder / "package.json").read_text())["bin"]
        path = program if isinstance(program, str) else program["json-server"]
        return ["node", str(folder / path), "--port", str(port), "--host", "127.0.0.1", *options, _database(package)]

    pages = "/tasks?_page={page}&_limit=20&_per_page=20"
    return Peer("json-server", command, list_path=pages, version=lambda: _version(package))


def _modules() -> Path:
    return cache() / "node_modules"


def _bin(name: str) -> list[str]:
    return ["node", str((_modules() / ".bin" / name).resolve())]


def _database(package: str) -> str:
    """A copy: json-server writes into its file."""
    copy = cache() / f"{package}.run.json"
    shutil.copy(cache() / "json-server.json", copy)
    return str(copy)


def prism(port: int, document: str) -> list[str]:
    """Its command line for a document."""
    return [*_bin("prism"), "mock", "-p", str(port), "-h", "127.0.0.1", "-v", "silent", document]


def prism_version() -> str:
    return _version("@stoplight/prism-cli")


def _prism() -> str:
    return str(cache() / "prism.json")


def _version(package: str) -> str:
    return str(json.loads((_modules() / package / "package.json").read_text())["version"])


def _aiohttp() -> str:
    import aiohttp

    return aiohttp.__version__


def _fastapi() -> str:
    asked = "import fastapi; print(fastapi.__version__)"
    return subprocess.run(
        [str(_fastapi_python()), "-c", asked], capture_output=True, text=True, check=True
    ).stdout.strip()


def _fastapi_python() -> Path:
    return cache() / "fastapi" / "bin" / "python"
