#!/usr/bin/env bash
# Deleting that is answered with 204 No Content succeeds, and three data providers of admin frameworks report a failure.
#
# Versions: ra-data-json-server 5.15.3 and ra-data-simple-rest 5.15.3 (react-admin, with ra-core 5.15.4),
#           @refinedev/rest 2.1.1, beside @refinedev/simple-rest 6.0.1; Node 20 or later.
# One would guess: 204 without content is the usual answer to a DELETE (RFC 9110, section 9.3.5), so a provider takes it,
#   for one row and for many.
# What happens: `delete` of both react-admin providers takes it, but their `deleteMany` reads `json.id` of each answer:
#   the rows are gone, and the call rejects with a TypeError. `deleteOne` of refine's newer package reads the answer as
#   JSON and rejects, too; that of its older package does not.
# Source: RFC 9110, sections 9.3.5 and 15.3.5; the packages themselves.
set -euo pipefail
command -v npm >/dev/null && command -v node >/dev/null || { echo "needs Node with npm"; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund ra-core@5.15.4 ra-data-json-server@5.15.3 ra-data-simple-rest@5.15.3 \
    @refinedev/simple-rest@6.0.1 @refinedev/rest@2.1.1
cat >seen.mjs <<'JS'
import http from "node:http";
import jsonServer from "ra-data-json-server";
import simpleRest from "ra-data-simple-rest";
import refineOld from "@refinedev/simple-rest";
import { createSimpleRestDataProvider } from "@refinedev/rest/simple-rest";

const deleted = [];
const server = http.createServer((request, response) => {
  deleted.push(`${request.method} ${request.url}`);
  response.writeHead(204).end();
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const base = `http://127.0.0.1:${server.address().port}`;
globalThis.localStorage ??= { getItem: () => null, setItem: () => {} };

const outcome = (call) => call.then(() => "resolved", (error) => `rejected: ${error.name}`);
const refineNew = createSimpleRestDataProvider({ apiURL: base }).dataProvider;
const seen = {};
for (const [name, provider] of [["ra-data-json-server", jsonServer(base)], ["ra-data-simple-rest", simpleRest(base)]]) {
  seen[`${name} delete`] = await outcome(provider.delete("posts", { id: 1 }));
  seen[`${name} deleteMany`] = await outcome(provider.deleteMany("posts", { ids: [1, 2] }));
}
seen["@refinedev/simple-rest deleteOne"] = await outcome(refineOld(base).deleteOne({ resource: "posts", id: 1 }));
seen["@refinedev/rest deleteOne"] = await outcome(refineNew.deleteOne({ resource: "posts", id: 1 }));
server.close();
server.closeAllConnections();

for (const [what, how] of Object.entries(seen)) console.log(`${what}: ${how}`);
console.log(`the server was asked to delete ${deleted.length} times, and answered 204 each time`);
const wanted = ["resolved", "rejected: TypeError", "resolved", "rejected: TypeError", "resolved", "rejected: SyntaxError"];
const same = deleted.length === 8 && JSON.stringify(Object.values(seen)) === JSON.stringify(wanted);
if (!same) console.log(`this has changed: it was ${wanted.join(", ")}`);
process.exit(same ? 0 : 1);
JS
node seen.mjs
