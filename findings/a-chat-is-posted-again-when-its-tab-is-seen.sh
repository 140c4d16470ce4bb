#!/usr/bin/env bash
# Looking at another tab while an answer streams in posts the question a second time.
#
# Versions: @microsoft/fetch-event-source 2.0.1; Chromium 156, as Debian packages it; Node 20 or later as the server.
# One would guess: a POST is sent once; what a hidden tab saves is drawing, not the call.
# What happens: when the page is hidden the package aborts the call, and when it is seen again sends it anew, the same
#   POST with the same body: the backend begins a second answer (and counts it), and what the page shows of the first
#   is followed by the start of the second. No handler is told: neither onclose nor onerror is called.
# Source: the package's README, `openWhenHidden` (false unless set), which tells of closing and retrying, not of POST;
#   RFC 9110, section 9.2.2 (POST is not to be repeated by itself).
# devkit: the journal shows both POSTs of a drill, and the first as one whose client left.
set -euo pipefail
for program in node npm chromium; do
    command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @microsoft/fetch-event-source@2.0.1
cat >seen.mjs <<'JS'
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Opens a page that runs `script` in a browser and gives what it hands to tell(); `handle` answers all other calls. */
async function browse(browser, script, handle) {
  const profile = mkdtempSync(join(tmpdir(), "profile-"));
  let told;
  const answer = new Promise((resolve) => (told = resolve));
  const server = http.createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    if (request.url === "/") {
      const tell = "const tell = (what) => fetch('/told', {method: 'POST', body: JSON.stringify(what)});";
      const page = `<!doctype html><link rel=icon href=data:,><script type=module>${tell}${script}</script>`;
      response.writeHead(200, { "content-type": "text/html" }).end(page);
    } else if (request.url === "/told") {
      response.writeHead(204).end();
      told(JSON.parse(body));
    } else handle(request, response, body);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const own = {
    chromium: ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${profile}`],
    "firefox-esr": ["--headless", "--no-remote", "--profile", profile],
  }[browser];
  const running = spawn(browser, [...own, `http://localhost:${server.address().port}/`], { stdio: "ignore" });
  const late = setTimeout(() => told(`${browser} did not get through within 50 s`), 50_000);
  try {
    return await answer;
  } finally {
    clearTimeout(late);
    const gone = new Promise((ended) => running.once("exit", ended));
    running.kill();
    await gone;
    server.close();
    server.closeAllConnections();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

const library = {};
const folder = "node_modules/@microsoft/fetch-event-source/lib/esm/";
for (const name of ["index", "fetch", "parse"]) library[`/lib/${name}`] = readFileSync(`${folder}${name}.js`);
const script = `
  import { fetchEventSource } from '/lib/index';
  const told = [];
  const show = (hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  };
  fetchEventSource('/chat', {
    method: 'POST',
    body: JSON.stringify({ question: 'Why?' }),
    onmessage(event) {
      told.push(event.data);
      if (told.length === 1) { show(true); setTimeout(() => show(false), 300); } else tell(told);
    },
    onclose() { told.push('onclose'); },
    onerror() { told.push('onerror'); },
  });`;
const posted = [];
const told = await browse("chromium", script, (request, response, body) => {
  if (library[request.url]) return response.writeHead(200, { "content-type": "text/javascript" }).end(library[request.url]);
  posted.push(`${request.method} ${body}`);
  response.writeHead(200, { "content-type": "text/event-stream" }).write(`data: Because ${posted.length}\n\n`);
});
const seen = { posted, told };
console.log(`the backend got: ${posted.join(", ")}`);
console.log(`the page was told: ${JSON.stringify(told)}`);
const wanted = { posted: Array(2).fill('POST {"question":"Why?"}'), told: ["Because 1", "Because 2"] };
const same = JSON.stringify(seen) === JSON.stringify(wanted);
if (!same) console.log(`this has changed: it was ${JSON.stringify(wanted)}`);
process.exit(same ? 0 : 1);
JS
node seen.mjs
