"""Makes `databases/`: what former versions of devkit stored, made by those versions themselves.

`python -m tests.reliability.older COMMIT…` in a clone with its history. For each, a database with a task and an upload
is made by the code of that commit, and kept compressed, by the number of its schema.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.process import ROOT

FOLDER = Path(__file__).with_name("databases")
EMAIL, PASSWORD = "test@example.com", "TestPass123!"
TITLE, CONTENT = "Kept from an older devkit", b"kept as well"

_USERS = f"""\
users:
  - email: {EMAIL}
    password: {PASSWORD}
    first_name: Test
    last_name: User
"""


def make(commit: str, place: Path) -> Path:
    """Let the code of a commit make a database; the file that it is kept in."""
    code = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(code)) as archive:
        archive.extractall(place / "code", filter="data")
    (place / "seed").mkdir()
    (place / "seed" / "users.yaml").write_text(_USERS)
    with (place / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "devkit", "serve", "--port", "0", "--db", "d.db"],
            cwd=place,
            env=os.environ | {"PYTHONPATH": str(place / "code")},
            stdout=log,
            stderr=log,
        )
    try:
        _use(_address(place / "log"))
    finally:
        server.terminate()
        server.wait()
    with contextlib.closing(sqlite3.connect(place / "d.db")) as connection:
        schema = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.execute("PRAGMA journal_mode = DELETE")
    kept = FOLDER / f"schema-{schema:02}.db.gz"
    kept.write_bytes(gzip.compress((place / "d.db").read_bytes(), 9, mtime=0))
    return kept


def _address(log: Path) -> str:
    for _ in range(1_500):
        if found := re.search(r"http://[\w.]+:\d+", log.read_text()):
            return found[0]
        time.sleep(0.02)
    raise SystemExit(log.read_text())


def _use(address: str) -> None:
    session = _send(f"{address}/api/auth/login", {"email": EMAIL, "password": PASSWORD})
    _send(f"{address}/api/tasks", {"title": TITLE}, session)
    boundary = "----kept"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="kept.txt"\r\n'
        f"Content-Type: text/plain\r\n\r\n{CONTENT.decode()}\r\n--{boundary}--\r\n"
    )
    _send(f"{address}/api/uploads", body.encode(), session, f"multipart/form-data; boundary={boundary}")


def _send(url: str, body: Any, token: str = "", kind: str = "application/json") -> str:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as answer:  # noqa: S310 - our own server
        cookies = " ".join(answer.headers.get_all("Set-Cookie") or ())
    found = re.search(r"auth-token=([^;]+)", cookies)
    return found[1] if found else ""


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for given in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as made:
            sys.stdout.write(f"{given}: {make(given, Path(made))}\n")
