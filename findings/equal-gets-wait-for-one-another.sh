#!/usr/bin/env bash
# Two equal calls of `fetch` at once take twice as long as two different ones.
#
# Versions: Chromium 156 and Firefox ESR 153, as Debian packages them; Node 20 or later as the server.
# One would guess: a page has six connections to a host, so two GETs at once are two requests at once; and where the
#   answer may not be kept anyway, nothing is gained by waiting.
# What happens: the second is not sent before the first has its head, in case that may serve both; only then does it
#   turn out that it may not. A backend that is slow by a second is slow by two for two widgets that ask the same (in
#   Chromium by three for three), and a test that holds the first call back never sees the second. With `cache:
#   'no-store'` both go at once.
# Source: RFC 9111, section 4 ("collapsing" of requests is allowed to caches), and section 5.2.1.5.
# devkit: what `barrier`, `reorder` and `hang` say about themselves names this; equal calls that should meet need
#   `no-store`.
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
  const three = (path, options) => Promise.all([1, 2, 3].map(() => fetch(path, options)));
  await three('/equal');
  await three('/unkept', { cache: 'no-store' });
  await tell('done');`;
const seen = {};
for (const browser of ["chromium", "firefox-esr"]) {
  const arrived = {}, before = {};
  const got = await browse(browser, script, (request, response) => {
    const path = request.url;
    arrived[path] = (arrived[path] ?? 0) + 1;
    setTimeout(() => {
      before[path] ??= arrived[path];
      response.writeHead(200, { "cache-control": "no-store" }).end("{}");
    }, 1500);
  });
  if (got !== "done") console.log(got);
  seen[browser] = [before["/equal"], before["/unkept"]];
  console.log(`${browser}: before the first answer ${seen[browser][0]} of three had arrived; with cache: 'no-store' ${seen[browser][1]}`);
}
const wanted = { chromium: [1, 3], "firefox-esr": [1, 3] };
const same = JSON.stringify(seen) === JSON.stringify(wanted);
if (!same) console.log(`this has changed: it was ${JSON.stringify(wanted)}`);
process.exit(same ? 0 : 1);
JS
node seen.mjs
