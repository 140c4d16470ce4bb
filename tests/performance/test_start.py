"""What a start loads and makes until it has answered for the first time. That can be told, whatever else the machine
does; how long it takes is told by `benchmarks`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

LATER = {
    "cryptography", "email_validator", "faker", "importlib.metadata", "jsonschema_rs", "jwt", "psutil",
    "rich", "trustme", "typer", "watchfiles", "webbrowser", "yaml",
    "devkit.cli.app", "devkit.cli.common", "devkit.control.answering", "devkit.control.table",
    "devkit.dialects.conformance", "devkit.dialects.openapi.document",
    "devkit.drill.running", "devkit.faults.registry", "devkit.faults.parameters", "devkit.scenario.loading",
    "devkit.scenario.model", "devkit.storage.seedfiles", "devkit.storage.seeding", "devkit.storage.seedmodels",
    "devkit.yamlfile",
}  # fmt: skip
"""What a start can do without, where the seed is the one of the last start."""

OURS, ALL = 260, 662
"""Modules of devkit's own and modules in all, at most: about a tenth above what they are. Who needs more should know
what for, and raise it.
"""

DRIVER = """
import asyncio, json, os, signal, sys
from devkit.cli import plain, serving
async def ask(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /api/health HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n")
    answer = await reader.read()
    writer.close()
    import ssl
    from aiohttp import connector
    stores = connector._SSL_CONTEXT_VERIFIED, ssl.create_default_context()
    told = {
        "status": answer.split()[1].decode(),
        "modules": sorted(sys.modules),
        "certificates": [store.cert_store_stats()["x509"] for store in stores],
        "named": os.environ.get("SSL_CERT_FILE"),
    }
    sys.stderr.write(json.dumps(told))
    os.kill(os.getpid(), signal.SIGTERM)
def answered(running, page, **more):
    from devkit.server.hosting import app
    # What comes after the start must not come before the answer, however slow the machine is.
    app.SETTLE_SECONDS = 3_600
    told = ready(running, page, **more)
    tasks.append(asyncio.get_running_loop().create_task(ask(told["port"])))
    return told
tasks = []
from devkit.cli import banner
ready, banner.ready = banner.ready, answered
serving.start(plain.flags_of(["serve", "--port", "0", "--json"], {}))
"""


def started(folder: Path, **more: str) -> dict[str, Any]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("DEVKIT_")}
    done = subprocess.run(
        [sys.executable, "-c", DRIVER],
        cwd=folder,
        env=environ | {"PYTHONPATH": str(ROOT)} | more,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stderr)
    assert told["status"] == "200"
    return told


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The second start in a folder."""
    folder = tmp_path_factory.mktemp("start")
    assert LATER & set(started(folder)["modules"]), "the first start has a seed to read"
    return started(folder)


def test_a_start_loads_nothing_that_nobody_has_asked_for(again: dict[str, Any]) -> None:
    assert not LATER & set(again["modules"])


def test_a_start_loads_few_modules(again: dict[str, Any]) -> None:
    ours = [name for name in again["modules"] if name.partition(".")[0] == "devkit"]
    assert len(ours) <= OURS, ours
    assert len(again["modules"]) <= ALL


@pytest.mark.skipif(sys.platform == "win32", reason="there, certificates are not in files")
def test_a_start_reads_no_certificates_and_hides_none_from_whoever_asks_later(tmp_path: Path) -> None:
    import ssl

    import trustme

    theirs = tmp_path / "trusted.pem"
    trustme.CA().cert_pem.write_to_path(theirs)
    assert ssl.create_default_context(cafile=str(theirs)).cert_store_stats()["x509"] == 1
    told = started(tmp_path, SSL_CERT_FILE=str(theirs), SSL_CERT_DIR=str(tmp_path / "none"))
    assert told["certificates"] == [0, 1]
    assert told["named"] == str(theirs)
    assert started(tmp_path)["named"] == os.environ.get("SSL_CERT_FILE")
