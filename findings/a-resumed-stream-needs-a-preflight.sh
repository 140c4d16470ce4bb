#!/usr/bin/env bash
# The first connection to an event stream works across origins; the one after it is refused for ever.
#
# Versions: @microsoft/fetch-event-source 2.0.1; Chromium 156 and Firefox ESR 153, as Debian packages them; Node 20 or
#   later as the server.
# One would guess: if CORS lets the stream through, it lets it through again when the connection was lost, as it does
#   with EventSource.
# What happens: after the first event with an id, the package sends `last-event-id`, which makes of the simple GET one
#   with a preflight. A backend that does not list that header refuses, at each repeat, and the network looks down; a
#   stream without ids, and one that is never cut, work. EventSource sends its Last-Event-ID without any preflight.
# Source: WHATWG HTML, section 9.2.3 (the header is set by the user agent itself); the Fetch standard, "CORS-unsafe
#   request-header names".
# devkit: `conn.truncate` on a stream shows it from another origin, and `cors.header_missing` takes the header away.
set -euo pipefail
for program in node chromium firefox-esr npm; do
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
const seen = {};
for (const browser of ["chromium", "firefox-esr"]) {
  const calls = [];
  const other = http.createServer((request, response) => {
    const asks = request.headers["access-control-request-headers"] ?? request.headers["last-event-id"];
    calls.push(request.method + (asks ? ` ${asks}` : ""));
    const allowed = { "access-control-allow-origin": "*", "access-control-allow-methods": "GET", "access-control-allow-headers": "content-type" };
    if (request.method === "OPTIONS") return response.writeHead(204, { ...allowed, "access-control-max-age": "0" }).end();
    const fields = { ...allowed, "content-type": "text/event-stream", "cache-control": "no-store" };
    response.writeHead(200, fields).end("retry: 500\nid: 1\ndata: one\n\n");
  });
  await new Promise((ready) => other.listen(0, "127.0.0.1", ready));
  const script = `
    import { fetchEventSource } from '/lib/index';
    const url = 'http://localhost:${other.address().port}/events';
    let failed = 0;
    await fetchEventSource(url, {
      openWhenHidden: true,
      onclose() { throw new Error('the stream ended, so it is to be resumed'); },
      onerror(error) { if (++failed === 3) throw error; return 100; },
    }).catch(() => {});
    await fetch(url + '?native');
    const source = new EventSource(url);
    let opened = 0;
    source.onopen = () => { if (++opened === 2) { source.close(); tell('done'); } };`;
  await browse(browser, script, (request, response) =>
    response.writeHead(200, { "content-type": "text/javascript" }).end(library[request.url]),
  );
  other.close();
  other.closeAllConnections();
  seen[browser] = calls;
  console.log(`${browser}: ${calls.slice(0, 3).join(", ")}; EventSource: ${calls.slice(4).join(", ")}`);
}
const each = ["GET", "OPTIONS last-event-id", "OPTIONS last-event-id", "GET", "GET", "GET 1"];
const wanted = { chromium: each, "firefox-esr": each };
const same = JSON.stringify(seen) === JSON.stringify(wanted);
if (!same) console.log(`this has changed: it was ${JSON.stringify(wanted)}`);
process.exit(same ? 0 : 1);
JS
node seen.mjs
