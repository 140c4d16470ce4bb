#!/usr/bin/env bash
# A PUT that is answered 301 arrives at the new address as a PUT, without its body.
#
# Versions: requests 2.34.2, beside httpx 0.28.1, Python 3.11.
# One would guess: a client either turns the call into a GET or sends it again as it was; 301 lets a user agent change
#   POST alone.
# What happens: requests keeps PUT and PATCH at 301, as others do, but drops the body with its Content-Type: a backend
#   that takes an empty document has the row emptied, one that does not answers 400 to a client that sent a good body.
#   httpx sends the body again. At 308 requests sends it, too.
# Source: RFC 9110, sections 15.4.2 and 15.4 (a redirected request keeps its content unless the method changes);
#   `resolve_redirects` of requests, which purges the body for all but 307 and 308.
# devkit: `http.redirect` with status 301 shows it; the journal has the second PUT with an empty body.
set -euo pipefail
for program in python3; do
    command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check requests==2.34.2 httpx==0.28.1
cat >seen.py <<'PY'
import http.server
import sys
import threading

import httpx
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
address = f"http://127.0.0.1:{server.server_port}/old"


def answer(path):
    return (status, [("Location", "/new")]) if path == "/old" else (200, [])


seen = {}
for status in (301, 308):
    for method in ("PUT", "PATCH"):
        for client, call in {
            "requests": lambda: requests.request(method, address, json={"title": "kept"}),
            "httpx": lambda: httpx.request(method, address, json={"title": "kept"}, follow_redirects=True),
        }.items():
            calls.clear()
            call()
            seen[client, status, method] = calls[-1][0], bool(calls[-1][2])
for (client, status, method), (arrived, filled) in seen.items():
    print(f"{client}, {method} answered {status}: {arrived} {'with its body' if filled else 'WITHOUT its body'}")
wanted = {
    key: (key[2], not (key[0] == "requests" and key[1] == 301)) for key in seen
}
if seen != wanted:
    sys.exit("this has changed: requests alone dropped the body, at 301 alone, and kept the method")
PY
venv/bin/python seen.py
