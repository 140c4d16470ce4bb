#!/usr/bin/env bash
# A plain HTML form may sign in, but no form can say whether it wants to be remembered.
#
# Versions: better-auth 1.7.25, Node 20 or newer.
# One would guess: where `application/x-www-form-urlencoded` is taken for signing in, each field of the JSON body may be
#   a field of the form, a checkbox `rememberMe` among them.
# What happens: the form is taken, but its values stay texts and the schema wants a boolean: `rememberMe=false`, `=true`
#   and a checkbox's `=on` are all 400 VALIDATION_ERROR. Only a form without that field signs in, and is remembered.
# Source: better-auth's documentation, "Email & Password", lists `rememberMe` for this endpoint; WHATWG HTML, section
#   4.10.22 (form submission): every value of a form is a text.
set -euo pipefail

command -v npm >/dev/null || { echo "needs npm and node"; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts better-auth@1.7.25

cat >form.mjs <<'JS'
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";

const base = "http://localhost:3000";
const auth = betterAuth({
  baseURL: base,
  secret: "a secret of thirty-two characters",
  database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  emailAndPassword: { enabled: true },
  telemetry: { enabled: false },
  logger: { disabled: true },
});
const user = { name: "Ada", email: "ada@example.com", password: "TestPass123!" };
await auth.api.signUpEmail({ body: user });

async function signIn(fields) {
  const body = new URLSearchParams({ email: user.email, password: user.password, ...fields });
  const request = new Request(`${base}/api/auth/sign-in/email`, { method: "POST", headers: { origin: base }, body });
  const answer = await auth.handler(request);
  return `${answer.status} ${(await answer.json()).code ?? "signed in"}`;
}

const seen = [];
for (const fields of [{}, { rememberMe: "false" }, { rememberMe: "true" }, { rememberMe: "on" }]) {
  seen.push(await signIn(fields));
  console.log(`${String(new URLSearchParams(fields)) || "without rememberMe"}: ${seen.at(-1)}`);
}
const expected = ["200 signed in", ...Array(3).fill("400 VALIDATION_ERROR")];
process.exit(JSON.stringify(seen) === JSON.stringify(expected) ? 0 : 1);
JS
node form.mjs
