#!/usr/bin/env bash
# A preflight without Access-Control-Max-Age is remembered all the same, for five seconds.
#
# Versions: Chromium 156 and Firefox ESR 153, as Debian packages them; Node 20 or later as the server.
# One would guess: without the header nothing is kept, so each PUT of a page has a preflight of its own, and a change
#   of the backend's CORS shows with the next call.
# What happens: three PUTs one after the other have one preflight; with `Access-Control-Max-Age: 0` they have three. A
#   backend that refuses the method from now on refuses nobody who has asked in the last five seconds, so a test of it
#   right after a good call passes.
# Source: the Fetch standard, "CORS-preflight fetch": where the header is missing, max-age is 5.
# devkit: its preflights say 0, so a fault of CORS strikes the next call; `preflight.max_age` sets another.
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

const seen = {};
for (const browser of ["chromium", "firefox-esr"]) {
  const methods = { "/silent": [], "/zero": [] };
  const other = http.createServer((request, response) => {
    methods[request.url].push(request.method);
    const allowed = { "access-control-allow-origin": "*", "access-control-allow-methods": "PUT" };
    if (request.url === "/zero") allowed["access-control-max-age"] = "0";
    response.writeHead(200, allowed).end("{}");
  });
  await new Promise((ready) => other.listen(0, "127.0.0.1", ready));
  const script = `
    for (const path of ['/silent', '/zero'])
      for (let i = 0; i < 3; i += 1) await fetch('http://localhost:${other.address().port}' + path, { method: 'PUT', body: 'x' });
    await tell('done');`;
  await browse(browser, script, (request, response) => response.writeHead(404).end());
  other.close();
  other.closeAllConnections();
  seen[browser] = Object.values(methods).map((each) => each.join(" "));
  console.log(`${browser}: without the header ${seen[browser][0]}; with 0 ${seen[browser][1]}`);
}
const each = ["OPTIONS PUT PUT PUT", "OPTIONS PUT OPTIONS PUT OPTIONS PUT"];
const wanted = { chromium: each, "firefox-esr": each };
const same = JSON.stringify(seen) === JSON.stringify(wanted);
if (!same) console.log(`this has changed: it was ${JSON.stringify(wanted)}`);
process.exit(same ? 0 : 1);
JS
node seen.mjs
