#!/usr/bin/env bash
# Express's compression: the 200 says `Vary: Accept-Encoding`, the 304 of the same address does not.
#
# Versions: express 4.21.2 and 5.1.0, compression 1.8.1, Node 20 or later.
# One would guess: a 304 repeats the fields that a cache keeps the answer by. RFC 9110, section 15.4.5, says that the
#   server must generate those of ETag, Vary and Cache-Control, among others, that the 200 would have had.
# What happens: express answers a conditional request by sending no body; compression adds Vary where it decides about
#   a body, and so the 304 has none. A cache that takes the fields of the 304 over (RFC 9111, section 4.3.4) and
#   replaces them all forgets that the answer depends on the coding.
# Source: RFC 9110, section 15.4.5; RFC 9111, section 4.3.4; the package's README, which tells of no condition.
# devkit: `devkit verify` asks it (`conditional.fields-of-304`), and found it in json-server 0.17.4.
set -euo pipefail

for program in node npm; do
    command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null

changed=0
for version in 4.21.2 5.1.0; do
  npm install --silent --no-audit --no-fund "express@$version" compression@1.8.1
  cat > app.cjs << 'APP'
const express = require('express')
const app = express()
app.use(require('compression')())
app.get('/', (_, response) => response.json({ text: 'long enough to be compressed '.repeat(100) }))
const server = app.listen(0, '127.0.0.1', async () => {
  const address = `http://127.0.0.1:${server.address().port}/`
  const first = await fetch(address)
  await first.arrayBuffer()
  const { request } = require('node:http')
  const headers = { 'accept-encoding': 'gzip', 'if-none-match': first.headers.get('etag') }
  request(address, { headers }, (second) => {
    console.log(`${first.status} Vary: ${first.headers.get('vary')}; ${second.statusCode} Vary: ${second.headers.vary}`)
    process.exit(first.headers.get('vary') === 'Accept-Encoding' && second.statusCode === 304 && !second.headers.vary ? 0 : 1)
  }).end()
})
APP
  printf 'express %s: ' "$version"
  node app.cjs || changed=1
done
exit "$changed"
