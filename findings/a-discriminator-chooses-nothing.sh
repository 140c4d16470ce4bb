#!/usr/bin/env bash
# A request that its discriminator marks clearly is refused by the mock of its own document.
#
# Versions: Prism 5.16.0 (@stoplight/prism-cli), ajv 8.17.1; Node 20.19 or later.
# One would guess: of two schemas below `oneOf`, the discriminator chooses, as FastAPI, Spring and .NET read such a
#   body, whose documents look just so: `kind` is a plain text, and the mapping says which text means which schema.
# What happens: Prism answers every such body with 422 "must match exactly one schema in oneOf", whatever its mark, since
#   schemas that are not closed fit each other's bodies. ajv refuses the body too, and with its own option
#   `discriminator: true` the whole schema, since that has a mapping.
# Source: OpenAPI 3.1.1, "Discriminator Object": it must not change the outcome of validation, it is a hint; JSON Schema
#   2020-12, section 10.2.1.3 (`oneOf`).
# devkit: requests to a contract of one's own are read by the mark; answers fit exactly one of the schemas.
set -euo pipefail
for program in node npm curl; do
    command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }
done
folder=$(mktemp -d)
prism=
trap '[[ -z $prism ]] || kill "$prism" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @stoplight/prism-cli@5.16.0 ajv@8.17.1
cat >pets.json <<'JSON'
{
  "openapi": "3.1.0",
  "info": {"title": "Pets", "version": "1"},
  "paths": {"/pets": {"post": {
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}},
    "responses": {"204": {"description": "Made"}}
  }}},
  "components": {"schemas": {
    "Pet": {
      "type": "object",
      "required": ["kind"],
      "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
      "discriminator": {
        "propertyName": "kind",
        "mapping": {"cat": "#/components/schemas/Cat", "dog": "#/components/schemas/Dog"}
      }
    },
    "Cat": {"type": "object", "properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}}},
    "Dog": {"type": "object", "properties": {"kind": {"type": "string"}, "barks": {"type": "boolean"}}}
  }}
}
JSON
cat >ajv.mjs <<'JS'
import { readFileSync } from "node:fs";
import Ajv from "ajv/dist/2020.js";

const { components } = JSON.parse(readFileSync("pets.json", "utf8"));
const judge = (discriminator) => {
  try {
    const ajv = new Ajv({ strict: false, discriminator });
    return String(ajv.compile({ $ref: "#/components/schemas/Pet", components })({ kind: "cat", lives: 9 }));
  } catch (error) {
    return error.message;
  }
};
const seen = [judge(false), judge(true)];
console.log(`ajv: fits: ${seen[0]}; with its own reading of discriminators: ${seen[1]}`);
if (seen[0] !== "false" || !seen[1].startsWith("discriminator:")) process.exit(1);
JS
node ajv.mjs
port=$(node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
node_modules/.bin/prism mock --host 127.0.0.1 --port "$port" pets.json >prism.log 2>&1 &
prism=$!
for _ in $(seq 120); do
    curl --silent --output /dev/null "http://127.0.0.1:$port/" && break
    sleep 0.5
done
for body in '{"kind": "cat", "lives": 9}' '{"kind": "dog", "barks": true}'; do
    status=$(curl --silent --output told.json --write-out '%{http_code}' --header 'content-type: application/json' \
        --data "$body" "http://127.0.0.1:$port/pets")
    echo "Prism: $body: $status"
    [[ $status == 422 ]] && grep -q "exactly one schema in oneOf" told.json || { cat told.json; exit 1; }
done
