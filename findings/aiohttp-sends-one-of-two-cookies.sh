#!/usr/bin/env bash
# Two cookies of one name and two paths are both due; one client sends the longer path's alone.
#
# Versions: aiohttp 3.14.5, beside requests 2.34.2, Python 3.11.
# One would guess: what browsers do: all cookies that match are sent, those with longer paths first, so a server that
#   looks for the cookie which it set at `/` finds it behind the other.
# What happens: requests sends `id=inner; id=outer`, aiohttp sends `id=inner`: its jar keeps both, but gathers what is
#   due by name. A backend that tells the two apart by trying each (an old path's leftover beside the new cookie, for
#   example) never gets to see the second, and a test with this client finds another user than the browser.
# Source: RFC 6265, section 5.4, step 2, and section 4.2.2 (servers should not rely on the order, so both arrive);
#   `filter_cookies` of aiohttp gives a SimpleCookie, which has a name once.
# devkit: tests of `cookie.path` are better made with another client.
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
    cookies = ["id=outer; Path=/", "id=inner; Path=/api"]
    return 200, [("Set-Cookie", cookie) for cookie in cookies] if path == "/api/in" else []


async def by_aiohttp():
    async with aiohttp.ClientSession() as session:
        for path in ("/api/in", "/api/me"):
            async with session.get(address + path) as got:
                await got.read()
        return len(session.cookie_jar)


def by(client):
    with client:
        for path in ("/api/in", "/api/me"):
            client.get(address + path)
        return len(client.cookies)


seen = {}
for name, call in {
    "requests": lambda: by(requests.Session()),
    "aiohttp": lambda: asyncio.run(by_aiohttp()),
}.items():
    calls.clear()
    kept = call()
    seen[name] = kept, calls[-1][3]
    print(f"{name}: keeps {kept}, sends {seen[name][1]}")
both = (2, "id=inner; id=outer")
if seen != {"requests": both, "aiohttp": (2, "id=inner")}:
    sys.exit("this has changed: all kept two, and aiohttp alone sent one")
PY
venv/bin/python seen.py
