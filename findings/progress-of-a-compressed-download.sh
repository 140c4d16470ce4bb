#!/usr/bin/env bash
# A progress bar of a compressed answer: one browser knows the end but counts other bytes, the other counts and knows
# no end.
#
# Versions: Chromium 156 and Firefox ESR 153, as Debian packages them; Node 20 or later as the server.
# One would guess: XMLHttpRequest's `progress` has the Content-Length as its total, and `loaded` gets there, alike in
#   all browsers.
# What happens: for 200,000 bytes that gzip makes into some 230, Firefox says `230 of 230`, the bytes on the wire.
#   Chromium says `200000 of 0` with lengthComputable false: it counts what it has unpacked, and gives the total up,
#   though the Content-Length is there. Without compression both agree. So a bar that works in Firefox, or against a
#   test backend that does not compress, divides by zero elsewhere.
# Source: the XMLHttpRequest standard, section 3.5.6 and "handle response" (loaded is the received bytes' length, the
#   total comes from the body's length); RFC 9110, section 8.6.
# devkit: it compresses JSON where the client takes gzip, so a page meets the same case here as behind a real backend.
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

import { gzipSync } from "node:zlib";

const whole = Buffer.alloc(200_000, "a"), packed = gzipSync(whole);
const script = `
  const load = (path) => new Promise((done) => {
    const call = new XMLHttpRequest();
    let last;
    call.onprogress = (event) => (last = [event.loaded, event.total, event.lengthComputable]);
    call.onloadend = () => done(last);
    call.open('GET', path);
    call.send();
  });
  await tell([await load('/plain'), await load('/gzip')]);`;
const seen = {};
for (const browser of ["chromium", "firefox-esr"]) {
  seen[browser] = await browse(browser, script, (request, response) => {
    const [body, extra] = request.url === "/gzip" ? [packed, { "content-encoding": "gzip" }] : [whole, {}];
    response.writeHead(200, { "content-type": "text/plain", "content-length": body.length, ...extra }).end(body);
  });
  const [plain, gzip] = seen[browser];
  console.log(`${browser}: plain ${plain[0]} of ${plain[1]}; gzip ${gzip[0]} of ${gzip[1]}${gzip[2] ? "" : ", not computable"}`);
}
const plain = [200_000, 200_000, true];
const wanted = { chromium: [plain, [200_000, 0, false]], "firefox-esr": [plain, [packed.length, packed.length, true]] };
const same = JSON.stringify(seen) === JSON.stringify(wanted);
if (!same) console.log(`this has changed: it was ${JSON.stringify(wanted)}`);
process.exit(same ? 0 : 1);
JS
node seen.mjs
