#!/usr/bin/env bash
# The sign-in fails by CORS, and the page is signed in.
#
# Versions: Chromium 156 and Firefox ESR 153, as Debian packages them; Node 20 or later as the server.
# One would guess: an answer that the page may not see, for it lacks Access-Control-Allow-Origin, has no effect on the
#   browser.
# What happens: `fetch` rejects, but the cookie of the refused answer has been kept: the next call carries it. The page
#   shows "Failed to fetch" and works after a reload; and whoever looks for a cookie to find out whether the CORS of a
#   backend is right is told that it is.
# Source: the Fetch standard: cookies are taken in "HTTP-network fetch", the CORS check comes after it, in "HTTP
#   fetch"; RFC 6265, section 5.3.
# devkit: `cors.origin` with `missing` on the sign-in shows it: the header goes, the cookie stays.
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
  const cookies = [];
  const other = http.createServer((request, response) => {
    if (request.url === "/sign-in") return response.writeHead(200, { "set-cookie": "session=abc; Path=/; HttpOnly" }).end("{}");
    cookies.push(request.headers.cookie ?? "none");
    const allowed = { "access-control-allow-origin": request.headers.origin, "access-control-allow-credentials": "true" };
    response.writeHead(200, allowed).end("{}");
  });
  await new Promise((ready) => other.listen(0, "127.0.0.1", ready));
  const script = `
    const at = 'http://localhost:${other.address().port}';
    const call = (path, method) => fetch(at + path, { method, credentials: 'include' }).then(() => 'resolves', () => 'rejects');
    await tell([await call('/me'), await call('/sign-in', 'POST'), await call('/me')]);`;
  const got = await browse(browser, script, (request, response) => response.writeHead(404).end());
  other.close();
  other.closeAllConnections();
  seen[browser] = [got, cookies];
  console.log(`${browser}: the sign-in ${got[1]}; cookie before it: ${cookies[0]}, after it: ${cookies[1]}`);
}
const each = [["resolves", "rejects", "resolves"], ["none", "session=abc"]];
const wanted = { chromium: each, "firefox-esr": each };
const same = JSON.stringify(seen) === JSON.stringify(wanted);
if (!same) console.log(`this has changed: it was ${JSON.stringify(wanted)}`);
process.exit(same ? 0 : 1);
JS
node seen.mjs
