#!/usr/bin/env bash
# Following a `next` link with the usual params asks for the first page again, with two clients of four.
#
# Versions: httpx 0.28.1, got 14.6.4, beside requests 2.34.2 and axios 1.13.2; Node 20.18 or later,
#   Python 3.11.
# One would guess: the parameters of a call are added to those that its address has, above all when there is nothing in
#   them.
# What happens: httpx and got replace the whole query: `?cursor=abc` with `limit=5` is asked as `?limit=5`, and with an
#   empty mapping as nothing at all. Whoever pages by the links of a backend and gives the limit each time gets the
#   first page for ever, each time as 200. requests and axios add.
# Source: got's documentation of `searchParams`, which overrides; httpx's issue 3433; RFC 8288, section 3 (the target
#   of a link is to be used as it is).
# devkit: a cursor that never comes back is seen in the journal: the same first page, again and again.
set -euo pipefail
for program in python3 node npm; do
    command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check requests==2.34.2 httpx==0.28.1
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts axios@1.13.2 got@14.6.4
cat >ask.mjs <<'JS'
import axios from "axios";
import got from "got";

const [next] = process.argv.slice(2);
for (const params of [{ limit: 5 }, {}]) {
  await axios.get(next, { params, headers: { "x-client": "axios" } });
  await got(next, { searchParams: params, headers: { "x-client": "got" } });
}
JS
cat >seen.py <<'PY'
import http.server
import subprocess
import sys
import threading

import httpx
import requests

class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_call(self):
        calls.append((self.headers["X-Client"], self.path))
        status, fields = 200, []
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
link = f"http://127.0.0.1:{server.server_port}/rows?cursor=abc"


for params in ({"limit": 5}, {}):
    requests.get(link, params=params, headers={"X-Client": "requests"})
    httpx.get(link, params=params, headers={"X-Client": "httpx"})
subprocess.run(["node", "ask.mjs", link], check=True, timeout=40)

seen = {}
for client, path in calls:
    seen.setdefault(client, []).append(path)
for client, paths in seen.items():
    print(f"{client}: with limit=5 {paths[0]}, with none {paths[1]}")
adds, replaces = ["/rows?cursor=abc&limit=5", "/rows?cursor=abc"], ["/rows?limit=5", "/rows"]
wanted = {"requests": adds, "httpx": replaces, "axios": adds, "got": replaces}
if seen != wanted:
    sys.exit("this has changed: httpx and got replaced the query, the others added to it")
PY
venv/bin/python seen.py
