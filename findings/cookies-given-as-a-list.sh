#!/usr/bin/env bash
# One list of two cookies is sent in three ways: as one field, as two fields, and as one cookie with a comma in it.
#
# Versions: undici 7.16.0, axios 1.13.2, got 14.6.4, and Node's own http; Node 20.18 or later.
# One would guess: whoever gives `cookie` as a list gets what Node's http makes of it, one field with `; ` between the
#   pairs, since two fields are allowed to HTTP/2 alone and a comma separates no cookies.
# What happens: Node's http, got and axios do so. `undici.request` writes a line for each: a server that reads the first
#   line alone sees the first cookie alone. axios with its `fetch` adapter joins them by a comma: to a server that is one
#   cookie `a`, whose value is `1,b=2`.
# Source: RFC 6265, section 5.4; RFC 9113, section 8.2.3; RFC 9110, section 5.3; the packages themselves.
set -euo pipefail
command -v npm >/dev/null && command -v node >/dev/null || { echo "needs Node with npm"; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund undici@7.16.0 axios@1.13.2 got@14.6.4
cat >seen.mjs <<'JS'
import http from "node:http";
import net from "node:net";
import axios from "axios";
import got from "got";
import { request } from "undici";

let lines = [];
const server = net.createServer((socket) => {
  let head = "";
  socket.on("data", (data) => {
    head += data;
    if (!head.includes("\r\n\r\n")) return;
    lines = head.split("\r\n").filter((line) => /^cookie:/i.test(line)).map((line) => line.slice(8));
    socket.end("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  });
  socket.on("error", () => {});
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const url = `http://127.0.0.1:${server.address().port}/`;
const headers = { cookie: ["a=1", "b=2"] };

const calls = {
  "node:http": () => new Promise((done) => http.get(url, { headers }, (answer) => answer.resume().on("end", done))),
  got: () => got(url, { headers }),
  axios: () => axios.get(url, { headers }),
  "axios, adapter fetch": () => axios.get(url, { headers, adapter: "fetch" }),
  "undici.request": () => request(url, { headers }),
};
const seen = {};
for (const [name, call] of Object.entries(calls)) {
  await call();
  seen[name] = lines.join(" | ");
  console.log(`${name}: ${seen[name]}`);
}
server.close();
const wanted = ["a=1; b=2", "a=1; b=2", "a=1; b=2", "a=1,b=2", "a=1 | b=2"];
process.exit(Object.values(seen).join() === wanted.join() ? 0 : 1);
JS
node seen.mjs
