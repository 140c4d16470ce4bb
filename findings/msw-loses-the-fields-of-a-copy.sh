#!/usr/bin/env bash
# A mock that hands an answer on with a copy of its headers hands none of them on; with the headers themselves, all.
#
# Versions: msw 2.15.0; Node 20.18 or later.
# One would guess: `new Headers(answer.headers)` holds what `answer.headers` holds, so that a handler which passes a
#   real answer on may copy the fields, take one away, and give them to `HttpResponse`.
# What happens: while MSW's server listens, the copy can be read, and a `Response` made with it has all of its fields;
#   an `HttpResponse` made with it has none but a Content-Type of its own. Made with the fields of the answer itself,
#   with a copy of `[...answer.headers]`, or with a copy of fields that never came over a network, it has them all. So
#   Retry-After, ETag and Set-Cookie are lost in silence, while status and body are right.
# Source: Fetch, "Headers class": the constructor fills from what it is given, whatever that came from; MSW's
#   documentation of HttpResponse, which takes the init of a `Response`.
# devkit: `passOn` of @devkit/test copies the entries.
set -euo pipefail
for program in node npm; do
    command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts msw@2.15.0
cat >seen.mjs <<'JS'
import {createServer} from "node:http";
import {HttpResponse} from "msw";
import {setupServer} from "msw/node";

const backend = createServer((_, response) => {
  response.setHeader("Retry-After", "5");
  response.end("later");
});
await new Promise((resolve) => backend.listen(0, "127.0.0.1", resolve));
const server = setupServer();
server.listen({onUnhandledRequest: "bypass"});
const answer = await fetch(`http://127.0.0.1:${backend.address().port}/`);

const copy = new Headers(answer.headers);
const seen = {
  "the copy itself": copy,
  "Response of the copy": new Response("", {headers: copy}).headers,
  "HttpResponse of the copy": new HttpResponse("", {headers: copy}).headers,
  "HttpResponse of the answer's": new HttpResponse("", {headers: answer.headers}).headers,
  "HttpResponse of a copy of the entries": new HttpResponse("", {headers: new Headers([...answer.headers])}).headers,
  "HttpResponse of a copy of made ones": new HttpResponse("", {headers: new Headers(new Headers({"Retry-After": "5"}))})
    .headers,
};
server.close();
backend.close();
const lost = [];
for (const [what, headers] of Object.entries(seen)) {
  console.log(`${what}: Retry-After ${headers.get("Retry-After")}`);
  if (headers.get("Retry-After") === null) lost.push(what);
}
if (lost.join() !== "HttpResponse of the copy") {
  console.log("this has changed: the HttpResponse of the copy alone lost its fields");
  process.exit(1);
}
JS
node seen.mjs
