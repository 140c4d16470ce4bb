#!/usr/bin/env bash
# A cookie whose value ends with `=`, or is empty, comes back to the server in quotes.
#
# Versions: aiohttp 3.14.5, beside requests 2.34.2, Python 3.11.
# One would guess: a cookie's value is opaque to the client, and goes back as it came; `=` may stand in it, so base64
#   may.
# What happens: aiohttp's jar takes `session=YWJj=` and sends `session="YWJj="`. A server that does not take quotes off
#   (they belong to the value, says RFC 6265) finds an unknown session: signing in works, and the next call is 401, for
#   those users alone whose token has padding. An empty value comes back as two quotes. requests sends both as they
#   came.
# Source: RFC 6265, sections 4.1.1 (cookie-octet has `=`) and 5.4; aiohttp's documentation of CookieJar,
#   `quote_cookie`.
# devkit: its session cookies are of letters, digits, `-`, `_`, `.` and `%`, so that no client has a reason to quote
#   them.
set -euo pipefail
for program in python3; do
    command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check requests==2.34.2 aiohttp==3.14.5
cat >seen.py <<'PY'
import asyncio
import http.server
import sys
import threading

import aiohttp
import requests

class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_call(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        calls.append((self.command, self.path, body.decode(), self.headers.get("Cookie")))
        status, fields = answer(self.path)
        self.send_response(status)
        for name, value in [*fields, ("Content-Length", "0")]:
            self.send_header(name, value)
        self.end_headers()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_call

    def log_message(self, *_):
        pass


calls = []
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://localhost:{server.server_port}"


def answer(path):
    return 200, [("Set-Cookie", f"session={value}; Path=/")] if path == "/in" else []


async def by_aiohttp():
    async with aiohttp.ClientSession() as session:
        for path in ("/in", "/me"):
            async with session.get(address + path) as got:
                await got.read()


def by(client):
    with client:
        for path in ("/in", "/me"):
            client.get(address + path)


seen = []
for value in ("YWJj", "YWJj=", ""):
    for name, call in {
        "requests": lambda: by(requests.Session()),
        "aiohttp": lambda: asyncio.run(by_aiohttp()),
    }.items():
        calls.clear()
        call()
        seen.append(calls[-1][3])
        print(f"{name}: session={value} comes back as {seen[-1]}")
plain, padded, empty = ["session=YWJj"] * 2, ["session=YWJj="], ["session="]
if seen != [*plain, *padded, 'session="YWJj="', *empty, 'session=""']:
    sys.exit("this has changed: aiohttp alone put quotes around the second and the third value")
PY
venv/bin/python seen.py
