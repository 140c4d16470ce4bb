#!/usr/bin/env bash
# A 500 without a body gives neither data nor error, so `if (error)` takes it for a success.
#
# Versions: openapi-fetch 0.17.0, Node 20 or later.
# One would guess: `const { data, error } = await client.GET(...)` has one of the two in each case, as its
#   documentation shows and its types say: exactly one is defined.
# What happens: with `Content-Length: 0` a 500 is `{ error: undefined }`; without a length it is an empty string; where
#   the body is the JSON `null` it is null. All of them are false, and data is undefined in each, as it is after a good
#   204. Proxies answer for a dead backend in just this way, with an empty body. `response.ok` alone tells.
# Source: openapi-fetch's issue 2530 (open) and its documentation, "Fetch responses"; RFC 9110, section 15.6 (the
#   representation of an error is a SHOULD).
# devkit: its own errors always have a body; `body.empty` is the fault that takes one away.
set -euo pipefail
for program in node npm; do
    command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts openapi-fetch@0.17.0
cat >seen.mjs <<'JS'
import http from "node:http";
import createClient from "openapi-fetch";

const answers = {
  "/gone": (response) => response.writeHead(204).end(),
  "/length-0": (response) => response.writeHead(500, { "content-length": 0 }).end(),
  "/no-length": (response) => {
    response.writeHead(500).flushHeaders();
    response.end();
  },
  "/null": (response) => response.writeHead(500, { "content-type": "application/json" }).end("null"),
  "/told": (response) => response.writeHead(500, { "content-type": "application/json" }).end('{"detail":"sorry"}'),
};
const server = http.createServer((request, response) => answers[request.url](response));
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const client = createClient({ baseUrl: `http://127.0.0.1:${server.address().port}` });
const seen = {};
for (const path of Object.keys(answers)) {
  const { data, error, response } = await client.GET(path);
  seen[path] = [response.status, String(data), typeof error === "string" ? JSON.stringify(error) : String(error), Boolean(error)];
  console.log(`${path}: ${response.status}, data ${seen[path][1]}, error ${seen[path][2]}: ${error ? "seen" : "NOT seen"} by if (error)`);
}
server.close();
server.closeAllConnections();
const wanted = {
  "/gone": [204, "undefined", "undefined", false],
  "/length-0": [500, "undefined", "undefined", false],
  "/no-length": [500, "undefined", '""', false],
  "/null": [500, "undefined", "null", false],
  "/told": [500, "undefined", "[object Object]", true],
};
const same = JSON.stringify(seen) === JSON.stringify(wanted);
if (!same) console.log(`this has changed: it was ${JSON.stringify(wanted)}`);
process.exit(same ? 0 : 1);
JS
node seen.mjs
