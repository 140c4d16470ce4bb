#!/usr/bin/env bash
# refine's two "simple REST" packages ask for several rows in two ways, and neither notices when it gets others.
#
# Versions: @refinedev/simple-rest 6.0.1, @refinedev/rest 2.1.1 (its `simple-rest`), json-server 0.17.4; Node 20 or later.
# One would guess: both are for the same kind of backend (`_start`, `_end`, `X-Total-Count`), so `getMany` of the newer
#   one asks as the older one does, and one may replace the other.
# What happens: the older one asks `?id=2&id=3`, the newer one `?ids[0]=2&ids[1]=3`. json-server, whose dialect this is,
#   ignores a filter on a field that no row has, as many backends do: the newer one resolves with all rows that there
#   are, as if they were those asked for.
# Source: the packages themselves; json-server's README, "Filter".
set -euo pipefail
command -v npm >/dev/null && command -v node >/dev/null || { echo "needs Node with npm"; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund @refinedev/simple-rest@6.0.1 @refinedev/rest@2.1.1 json-server@0.17.4
cat >seen.mjs <<'JS'
import jsonServer from "json-server";
import older from "@refinedev/simple-rest";
import { createSimpleRestDataProvider } from "@refinedev/rest/simple-rest";

const asked = [];
const app = jsonServer.create();
app.use((request, response, next) => { asked.push(decodeURIComponent(request.url)); next(); });
app.use(jsonServer.router({ posts: [1, 2, 3, 4].map((id) => ({ id, title: `Post ${id}` })) }));
const server = app.listen(0, "127.0.0.1");
await new Promise((ready) => server.once("listening", ready));
const base = `http://127.0.0.1:${server.address().port}`;
globalThis.localStorage ??= { getItem: () => null, setItem: () => {} };

const providers = { older: older(base), newer: createSimpleRestDataProvider({ apiURL: base }).dataProvider };
const got = {};
for (const [name, provider] of Object.entries(providers)) {
  const { data } = await provider.getMany({ resource: "posts", ids: [2, 3] });
  got[name] = data.map(({ id }) => id).join(",");
}
server.close();
server.closeAllConnections();
console.log(`asked: ${asked.join("  ")}`);
console.log(`the older one got: ${got.older || "nothing"}; the newer one got: ${got.newer || "nothing"}`);
const same = asked.join(" ") === "/posts?id=2&id=3 /posts?ids[0]=2&ids[1]=3" && got.older === "2,3" && got.newer === "1,2,3,4";
if (!same) console.log("this has changed");
process.exit(same ? 0 : 1);
JS
node seen.mjs
