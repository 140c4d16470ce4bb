#!/usr/bin/env bash
# A better-auth user has `image: null` with one database adapter, and no `image` at all with another.
#
# Versions: better-auth 1.7.25, @libsql/kysely-libsql 0.4.1 (SQLite); Node 20 or later.
# One would guess: the JSON of a sign-up is the framework's to make, and the same whichever adapter keeps the user.
# What happens: a field that nobody gave is null where a SQL adapter reads the row again, and is missing where the
#   memory adapter gives back what was put in. Types say `image?: string | null`, so both are right; a test that runs on
#   the memory adapter never sees the null, and `"image" in user` tells adapters apart and not users.
# Source: better-auth's docs, "Database", core schema (`image`, optional); its types of `User`.
# devkit: dialect `taskapp` answers null, as on SQL; a graduated backend of an app on the memory adapter differs there.
set -euo pipefail
for program in node npm; do
    command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund --save-exact better-auth@1.7.25 @libsql/kysely-libsql@0.4.1 kysely@0.28.8
cat >adapters.mjs <<'JS'
import { LibsqlDialect } from "@libsql/kysely-libsql";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { getMigrations } from "better-auth/db/migration";

const common = {
  baseURL: "http://localhost:3000", secret: "a secret of thirty-two characters", emailAndPassword: { enabled: true },
  telemetry: { enabled: false }, logger: { disabled: true },
};
async function signedUp(database) {
  const auth = betterAuth({ ...common, database });
  if (database.dialect) await (await getMigrations(auth.options)).runMigrations();
  const body = JSON.stringify({ name: "Ada", email: "ada@example.com", password: "a-long-password" });
  const headers = { "content-type": "application/json", origin: common.baseURL };
  const url = `${common.baseURL}/api/auth/sign-up/email`;
  const answer = await auth.handler(new Request(url, { method: "POST", headers, body }));
  return (await answer.json()).user;
}
const sql = await signedUp({ dialect: new LibsqlDialect({ url: "file:auth.sqlite3" }), type: "sqlite" });
const memory = await signedUp(memoryAdapter({ user: [], session: [], account: [], verification: [] }));
console.log(`SQLite: ${"image" in sql ? `image is ${sql.image}` : "no image"}`);
console.log(`memory: ${"image" in memory ? `image is ${memory.image}` : "no image"}`);
process.exit(sql.image === null && "image" in sql && !("image" in memory) ? 0 : 1);
JS
node adapters.mjs
