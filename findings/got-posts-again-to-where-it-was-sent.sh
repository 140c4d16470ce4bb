#!/usr/bin/env bash
# A form that is answered 302 is posted a second time, to the page that should have been shown.
#
# Versions: got 14.6.4, beside axios 1.13.2, superagent 10.4.2 and Node's own fetch; Node 20.18 or later.
# One would guess: after POST, 301 and 302 are followed by a GET, as every browser does since there are forms; so
#   sign-in ends with the page that Location names.
# What happens: got follows 301 and 302 with POST and the same body: the fields of the form, password and all, reach
#   the page behind the sign-in, which answers 405 or makes a second row. Only 303 becomes a GET. And superagent is at
#   the other end: it turns a DELETE that is answered 302 into a GET, whose 200 then reads as done, where the others
#   send the DELETE on.
# Source: RFC 9110, sections 15.4.2 and 15.4.3 (both are allowed for POST); the Fetch standard, "HTTP-redirect fetch"
#   (GET for POST at 301 and 302, and for no other method); got's documentation of `methodRewriting`.
# devkit: `http.redirect` with 302 on a sign-in or a DELETE; the journal shows the method that came after it.
set -euo pipefail
for program in node npm; do
    command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts got@14.6.4 axios@1.13.2 superagent@10.4.2
cat >seen.mjs <<'JS'
import http from "node:http";
import axios from "axios";
import got from "got";
import superagent from "superagent";

let status, arrived;
const server = http.createServer(async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  if (request.url === "/from") return response.writeHead(status, { location: "/to" }).end();
  arrived = request.method + (body ? " with the form" : "");
  response.writeHead(200).end("ok");
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const url = `http://127.0.0.1:${server.address().port}/from`;
const form = "email=ada%40example.com&password=TestPass123!";
const headers = { "content-type": "application/x-www-form-urlencoded" };
const clients = {
  fetch: (method, body) => fetch(url, { method, body, headers: body && headers }),
  axios: (method, body) => axios({ url, method, data: body, headers: body && headers }),
  superagent: (method, body) => (body ? superagent(method, url).set(headers).send(body) : superagent(method, url)),
  got: (method, body) => got(url, { method, ...(body && { body, headers }) }),
};
const seen = {};
for (const [name, call] of Object.entries(clients)) {
  seen[name] = [];
  for (const [method, code] of [["POST", 302], ["POST", 303], ["DELETE", 302]]) {
    status = code;
    await call(method, method === "POST" ? form : undefined);
    seen[name].push(arrived);
    console.log(`${name}: ${method} answered ${code} is followed by ${arrived}`);
  }
}
server.close();
server.closeAllConnections();
const wanted = {
  fetch: ["GET", "GET", "DELETE"],
  axios: ["GET", "GET", "DELETE"],
  superagent: ["GET", "GET", "GET"],
  got: ["POST with the form", "GET", "DELETE"],
};
const same = JSON.stringify(seen) === JSON.stringify(wanted);
if (!same) console.log(`this has changed: it was ${JSON.stringify(wanted)}`);
process.exit(same ? 0 : 1);
JS
node seen.mjs
