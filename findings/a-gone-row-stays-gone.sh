#!/usr/bin/env bash
# A row that was answered 410 once is gone for a browser for good, even when the backend has it again.
#
# Versions: Chromium 156 and Firefox ESR 153, as Debian packages them; Node 20 or later as the server.
# One would guess: an answer without Cache-Control, without a date or an ETag is asked for again each time, an error
#   above all.
# What happens: 410 may be kept by heuristics, and both browsers keep it: a second `fetch` of the address is not sent,
#   and gives the 410 again. Chromium keeps 300, 301 and 308, too, so an address that moved once never comes back for
#   it. 404, 405, 414 and 501, which may be kept just as well, are asked again by both.
# Source: RFC 9110, section 15.1 (statuses that are cacheable by heuristics); RFC 9111, section 4.2.2.
# devkit: each of its answers says `no-store`, so a fault that ends has ended for the page as well.
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

const statuses = [300, 301, 308, 404, 405, 410, 414, 501];
const script = `
  const seen = {};
  for (const status of ${JSON.stringify(statuses)}) {
    await fetch('/once/' + status).then((answer) => answer.text());
    seen[status] = await fetch('/once/' + status).then((answer) => answer.text());
  }
  await tell(seen);`;
const seen = {};
for (const browser of ["chromium", "firefox-esr"]) {
  const asked = {};
  const got = await browse(browser, script, (request, response) => {
    const status = Number(request.url.split("/")[2]);
    asked[request.url] = (asked[request.url] ?? 0) + 1;
    if (request.url === "/moved") response.writeHead(200, { "cache-control": "no-store" }).end("moved");
    else if (asked[request.url] === 1) response.writeHead(status, { location: "/moved" }).end("before");
    else response.writeHead(200, { "cache-control": "no-store" }).end("now");
  });
  if (typeof got === "string") console.log(got);
  seen[browser] = statuses.filter((status) => got[status] !== "now" && asked[`/once/${status}`] === 1);
  console.log(`${browser}: kept and never asked again: ${seen[browser].join(", ")}`);
}
const wanted = { chromium: [300, 301, 308, 410], "firefox-esr": [410] };
const same = JSON.stringify(seen) === JSON.stringify(wanted);
if (!same) console.log(`this has changed: it was ${JSON.stringify(wanted)}`);
process.exit(same ? 0 : 1);
JS
node seen.mjs
