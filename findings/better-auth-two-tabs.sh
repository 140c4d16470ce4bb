#!/usr/bin/env bash
# Two tabs of one browser begin to sign in with an account elsewhere; the one that began first is turned away.
#
# Versions: better-auth 1.7.25, Node 20 or newer.
# One would guess: each sign-in has a state of its own, so each of two that are under way can be finished.
# What happens: the server keeps both states, but the browser keeps one, in the cookie `better-auth.state`, which the
#   second sign-in overwrites. Whoever finishes the first comes back with `error=state_mismatch`; the second gets as far
#   as the code. And the cookie ends after 300 s, the state itself after 600: between the two the same error comes from
#   one tab alone.
# Source: better-auth's documentation, "OAuth", names the cookie check, not that there is one cookie for all tabs; RFC
#   6749, section 10.12, asks that a state be bound to the browser's session, and allows many of them.
set -euo pipefail

command -v npm >/dev/null || { echo "needs npm and node"; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts better-auth@1.7.25

cat >two-tabs.mjs <<'JS'
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";

globalThis.fetch = async () => new Response('{"error":"invalid_grant"}', { status: 400 }); // no provider is reached

const base = "http://localhost:3000";
const auth = betterAuth({
  baseURL: base,
  secret: "a secret of thirty-two characters",
  database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  socialProviders: { google: { clientId: "an-app", clientSecret: "none" } },
  telemetry: { enabled: false },
  logger: { disabled: true },
});

const cookies = new Map(); // the browser's, for both tabs
let lifetime;
async function ask(method, path, body) {
  const headers = { origin: base, cookie: [...cookies].map((pair) => pair.join("=")).join("; ") };
  if (body) headers["content-type"] = "application/json";
  const request = new Request(base + "/api/auth" + path, { method, headers, body: body && JSON.stringify(body) });
  const answer = await auth.handler(request);
  for (const line of answer.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
    lifetime = Number(/Max-Age=(\d+)/.exec(line)?.[1] ?? NaN) || lifetime;
    if (line.includes("Max-Age=0")) cookies.delete(name);
    else cookies.set(name, value);
  }
  return answer;
}

async function begin() {
  const body = { provider: "google", callbackURL: "/in", errorCallbackURL: "/sorry" };
  const { url } = await (await ask("POST", "/sign-in/social", body)).json();
  return new URL(url).searchParams.get("state");
}

async function finish(state) {
  const answer = await ask("GET", `/callback/google?code=from-the-provider&state=${state}`);
  return new URL(answer.headers.get("location"), base).searchParams.get("error");
}

const first = await begin();
const second = await begin();
const told = [await finish(first), await finish(second)];
console.log(`the first tab:  error=${told[0]}`);
console.log(`the second tab: error=${told[1]} (as far as the provider's code, which is made up here)`);
console.log(`the cookie lives for ${lifetime} s`);
process.exit(told[0] === "state_mismatch" && told[1] === "invalid_code" && lifetime === 300 ? 0 : 1);
JS
node two-tabs.mjs
