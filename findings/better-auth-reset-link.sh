#!/usr/bin/env bash
# The link of a mail about a forgotten password is good, and opening it says INVALID_TOKEN all the same.
#
# Versions: better-auth 1.7.25, Node 20 or newer.
# One would guess: `redirectTo` is optional when the mail is asked for, so the `url` that the server hands to
#   `sendResetPassword` leads somewhere useful without it.
# What happens: the url ends with an empty `callbackURL=`; whoever opens it is sent to `/api/auth/error` with
#   `error=INVALID_TOKEN`, though the very token of the link then sets the password. An app that mails that url must
#   give `redirectTo` each time, or build a link of its own from `token`.
# Source: better-auth's documentation, "Email & Password", which shows `url` in the mail and marks `redirectTo` optional.
set -euo pipefail

command -v npm >/dev/null || { echo "needs npm and node"; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts better-auth@1.7.25

cat >link.mjs <<'JS'
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";

const base = "http://localhost:3000";
let mail;
const auth = betterAuth({
  baseURL: base,
  secret: "a secret of thirty-two characters",
  database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  emailAndPassword: { enabled: true, sendResetPassword: async (sent) => void (mail = sent) },
  telemetry: { enabled: false },
  logger: { disabled: true },
});
await auth.api.signUpEmail({ body: { name: "Ada", email: "ada@example.com", password: "TestPass123!" } });

const post = (path, body) =>
  auth.handler(
    new Request(`${base}/api/auth${path}`, {
      method: "POST",
      headers: { origin: base, "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  );

const asked = await post("/request-password-reset", { email: "ada@example.com" });
const opened = await auth.handler(new Request(mail.url));
const set = await post("/reset-password", { token: mail.token, newPassword: "AnotherPass456!" });
console.log(`asking for the mail:      ${asked.status}`);
console.log(`opening its link:         ${opened.status} ${opened.headers.get("location").replace(base, "")}`);
console.log(`setting it by that token: ${set.status}`);
const where = new URL(opened.headers.get("location"));
const same = where.pathname === "/api/auth/error" && where.searchParams.get("error") === "INVALID_TOKEN";
process.exit(asked.status === 200 && same && set.status === 200 ? 0 : 1);
JS
node link.mjs
