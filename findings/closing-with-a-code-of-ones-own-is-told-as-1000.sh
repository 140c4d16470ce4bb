#!/usr/bin/env bash
# A page closes its WebSocket with 4005; what `onclose` tells it is up to the server, and one server says 1000.
#
# Versions: aiohttp 3.14.5 (Python 3.11) and ws 8.23.0 (Node 20 or later) as servers; Chromium 156, as Debian packages it.
# One would guess: a socket that the page closes with `socket.close(4005, "switching rooms")` ends with that code, so
#   `event.code` in `onclose` tells the page's own closing from the server's.
# What happens: `event.code` is the code of the close frame that was received. ws echoes 4005 and the reason; aiohttp's
#   server answers with 1000 and no reason. A page that reconnects unless the code is its own connects again for ever,
#   and one that takes 1000 for "the server is done" is wrong as well. The server itself heard 4005 both times.
# Source: RFC 6455, section 7.1.5 (the code is that of the first Close frame received) and section 5.5.1 (an endpoint
#   "typically echos" the code it got); `WebSocketResponse.receive` of aiohttp closes with its default code.
# devkit: close frames of a real backend pass as they are, so a page sees there what it will see without devkit.
set -euo pipefail
for program in node npm python3 chromium; do
    command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check aiohttp==3.14.5
npm install --silent --no-audit --no-fund --prefix . ws@8.23.0 >/dev/null
cat >server.py <<'PY'
import asyncio

from aiohttp import web


async def live(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data)
    print("heard", socket.close_code, flush=True)
    return socket


async def serve():
    app = web.Application()
    app.router.add_get("/", live)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print("port", runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


asyncio.run(serve())
PY
cat >server.mjs <<'JS'
import { WebSocketServer } from "ws";
const server = new WebSocketServer({ host: "127.0.0.1", port: 0 }, () => console.log("port", server.address().port));
server.on("connection", (socket) => socket.on("close", (code) => console.log("heard", code)));
JS
cat >seen.mjs <<'JS'
import { spawn } from "node:child_process";
import http from "node:http";
import { createInterface } from "node:readline";

/** What a page is told that opens a socket at this port and closes it with 4005. */
async function told(port) {
  let tell;
  const answer = new Promise((resolve) => (tell = resolve));
  const page = `<!doctype html><link rel=icon href=data:,><script>
    const socket = new WebSocket("ws://127.0.0.1:${port}/");
    socket.onopen = () => socket.close(4005, "switching rooms");
    socket.onclose = ({code, reason}) => fetch("/told", {method: "POST", body: JSON.stringify({code, reason})});
  </script>`;
  const server = http.createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    response.writeHead(200, { "content-type": "text/html" }).end(page);
    if (request.url === "/told") tell(JSON.parse(body));
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const own = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${process.cwd()}/profile-${port}`];
  const browser = spawn("chromium", [...own, `http://127.0.0.1:${server.address().port}/`], { stdio: "ignore" });
  const late = setTimeout(() => tell("nothing within 50 s"), 50_000);
  try {
    return await answer;
  } finally {
    clearTimeout(late);
    const gone = new Promise((ended) => browser.once("exit", ended));
    browser.kill();
    await gone;
    server.close();
    server.closeAllConnections();
  }
}

const seen = {};
for (const [name, ...command] of [["aiohttp", "venv/bin/python", "server.py"], ["ws", "node", "server.mjs"]]) {
  const running = spawn(command[0], command.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface(running.stdout)[Symbol.asyncIterator]();
  const next = async () => Number((await lines.next()).value.split(" ")[1]);
  try {
    const page = await told(await next());
    seen[name] = { ...page, server: await next() };
  } finally {
    running.kill();
  }
  console.log(`${name}: the page closed with 4005, and onclose says ${seen[name].code}; the server heard ${seen[name].server}`);
}
const wanted = {
  aiohttp: { code: 1000, reason: "", server: 4005 },
  ws: { code: 4005, reason: "switching rooms", server: 4005 },
};
const same = JSON.stringify(seen) === JSON.stringify(wanted);
if (!same) console.log(`this has changed: it was ${JSON.stringify(wanted)}, and is ${JSON.stringify(seen)}`);
process.exit(same ? 0 : 1);
JS
node seen.mjs
