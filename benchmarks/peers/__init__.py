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
PACKAGES = ("json-server", "@mockoon/cli", "@stoplight/prism-cli", "msw", "wiremock")
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
            subprocess.run(["npm", "install", "--no-audit", "--no-fund", name], cwd=cache(), check=False)
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
        Peer(
            "json-server",
            lambda port: [*_bin("json-server"), "--port", str(port), "--host", "127.0.0.1", *_quiet(), _database()],
            list_path="/tasks?_page={page}&_limit=20&_per_page=20",
            version=lambda: _version("json-server"),
        ),
        Peer(
            "Prism",
            lambda port: [*_bin("prism"), "mock", "-p", str(port), "-h", "127.0.0.1", "-v", "silent", _prism()],
            version=lambda: _version("@stoplight/prism-cli"),
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


def _modules() -> Path:
    return cache() / "node_modules"


def _bin(name: str) -> list[str]:
    return ["node", str((_modules() / ".bin" / name).resolve())]


def _quiet() -> list[str]:
    """Its first generation logs each request unless told not to; the next one knows no such option."""
    return ["--quiet"] if _version("json-server").startswith("0.") else []


def _database() -> str:
    """A copy: json-server writes into its file."""
    copy = cache() / "json-server.run.json"
    shutil.copy(cache() / "json-server.json", copy)
    return str(copy)


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
