#!/usr/bin/env bash
# `HTTPAdapter(max_retries=3)` sends a DELETE four times if the server asks to come back.
#
# Versions: requests 2.34.2 with urllib3 2.8.0, Python 3.11.
# One would guess: what the documentation of HTTPAdapter says: an integer is for failed look-ups, connections and
#   connection timeouts, never for a call that has reached the server; a list of statuses is for those who build a
#   `Retry`.
# What happens: a 503 without Retry-After comes back at once. With Retry-After, GET and DELETE are sent again, after
#   the pause that it names, as often as the integer says, and the caller sees the last answer alone. POST is not
#   repeated. `urllib3.PoolManager()` without any option does the same, three times.
# Source: urllib3's documentation of `Retry`, `respect_retry_after_header` and RETRY_AFTER_STATUS_CODES (413, 429,
#   503), which hold without `status_forcelist`; RFC 9110, section 10.2.3.
# devkit: `http.maintenance` and `ratelimit` send Retry-After; the journal shows each of the repeats as a call.
set -euo pipefail
for program in python3; do
    command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check requests==2.34.2 urllib3==2.8.0
cat >seen.py <<'PY'
import http.server
import sys
import threading

import requests
import urllib3
from requests.adapters import HTTPAdapter


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
address = f"http://127.0.0.1:{server.server_port}/rows/1"


def answer(_path):
    return 503, [("Retry-After", "0")] if asks_back else []


seen = {}
for asks_back in (False, True):
    for method in ("GET", "DELETE", "POST"):
        calls.clear()
        session = requests.Session()
        session.mount("http://", HTTPAdapter(max_retries=3))
        status = session.request(method, address).status_code
        seen[f"requests, {method}, {'with' if asks_back else 'without'} Retry-After"] = (status, len(calls))
calls.clear()
seen["urllib3 as it comes, DELETE, with Retry-After"] = (urllib3.PoolManager().request("DELETE", address).status, len(calls))
for what, (status, times) in seen.items():
    print(f"{what}: {status} after {times} call(s)")
if list(seen.values()) != [(503, 1)] * 3 + [(503, 4), (503, 4), (503, 1), (503, 4)]:
    sys.exit("this has changed: with Retry-After, GET and DELETE were sent four times, all else once")
PY
venv/bin/python seen.py
