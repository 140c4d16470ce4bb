#!/usr/bin/env bash
# A stream moves its bookmark on with `id:` alone; one browser comes back with it, the other with none.
#
# Versions: Chromium 156 and Firefox ESR 153, as Debian packages them; Node 20 or later as the server.
# One would guess: an event without data is not handed to the page, but its id counts: so a server can say how far it
#   is without waking the page up, and both browsers send it as Last-Event-ID when they reconnect.
# What happens: Chromium sends `Last-Event-ID: 7`, and the next event has `lastEventId` 7. Firefox forgets the id with
#   the event: it reconnects without the header, so the server begins at the start and the page gets all events again.
# Source: WHATWG HTML, section 9.2.6: dispatching sets the last event ID string first, and then returns if the data is
#   empty.
# devkit: what a stream of it should be resumed by stands on events with data, never on an id alone.
set -euo pipefail
for program in node chromium firefox-esr; do
    command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >seen.mjs <<'JS'
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
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

const script = `
  const ids = [];
  const source = new EventSource('/events');
  source.onmessage = (event) => {
    ids.push(event.lastEventId);
    if (ids.length < 3) return;
    source.close();
    tell(ids);
  };`;
const seen = {};
for (const browser of ["chromium", "firefox-esr"]) {
  const asked = [];
  const ids = await browse(browser, script, (request, response) => {
    asked.push(request.headers["last-event-id"] ?? "none");
    const after = asked.length === 1 ? "data: one\n\nid: 7\n\ndata: two\n\n" : "data: three\n\n";
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" }).end("retry: 500\n" + after);
  });
  seen[browser] = { ids, again: asked[1] };
  console.log(`${browser}: ids of the events ${JSON.stringify(ids)}; Last-Event-ID when it comes back: ${asked[1]}`);
}
const wanted = { chromium: { ids: ["", "7", "7"], again: "7" }, "firefox-esr": { ids: ["", "", ""], again: "none" } };
const same = JSON.stringify(seen) === JSON.stringify(wanted);
if (!same) console.log(`this has changed: it was ${JSON.stringify(wanted)}`);
process.exit(same ? 0 : 1);
JS
node seen.mjs
