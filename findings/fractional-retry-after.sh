#!/usr/bin/env bash
# A Retry-After of "1.5": one client raises though it has tries left, one comes back at once, two ignore it, one waits.
#
# Versions: Python 3.11 or newer with requests 2.34.2 and urllib3 2.8.0, httpx 0.28.1 and httpx-retries 0.6.0; Node 20 or
# newer with ky 2.1.0, axios 1.13.2 and axios-retry 4.5.0.
#
# The field is either a date or a whole number of seconds (RFC 9110, section 10.2.3: `delay-seconds = 1*DIGIT`), so that
# "1.5" is neither. One would guess that a client which repeats calls does what it does without the field, or waits a
# second or two. What happens at a 429 with it, and two repeats allowed:
#   requests      raises InvalidHeader after the first call: no repeat at all, and not the answer with its 429
#   httpx-retries repeats at once, for its own first pause is none
#   ky            ignores it: its own first pause, 0.3 s
#   axios-retry   waits 1.5 s (with `exponentialDelay`, which asks for the field)
# And to V8's Date.parse "1.5" is a date, the fifth of January 2001, while "1.0" and "13.5" are none: whoever tries
# seconds first and Date.parse then takes some fractions for a moment long past, and comes back at once.
#
# Sources: RFC 9110, section 10.2.3; ECMA-262, "Date.parse" (what has another format is left to the implementation);
# https://github.com/urllib3/urllib3 (Retry.parse_retry_after).
set -euo pipefail

for program in node npm python3; do
    command -v "$program" >/dev/null || { echo "This needs $program."; exit 2; }
done
folder=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server"; rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 \
    httpx-retries==0.6.0 2>/dev/null
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ky@2.1.0 axios@1.13.2 axios-retry@4.5.0

# Each path is refused once, and tells then how many milliseconds later it was asked again.
cat >server.mjs <<'JS'
import http from "node:http";
import fs from "node:fs";
const first = new Map();
const server = http.createServer((request, response) => {
  const begun = first.get(request.url);
  if (begun !== undefined) return response.end(String(Math.round(performance.now() - begun)));
  first.set(request.url, performance.now());
  response.writeHead(429, {"Retry-After": "1.5"}).end();
});
server.listen(0, "127.0.0.1", () => fs.writeFileSync("port", String(server.address().port)));
JS
node server.mjs &
server=$!
until [[ -s port ]]; do sleep 0.1; done
base="http://127.0.0.1:$(cat port)"

cat >clients.py <<'PYTHON'
import sys
import httpx
import requests
from httpx_retries import Retry as Again, RetryTransport
from requests.adapters import HTTPAdapter
from urllib3 import Retry

with requests.Session() as session:
    session.mount("http://", HTTPAdapter(max_retries=Retry(2, status_forcelist=[429])))
    try:
        print("requests", session.get(sys.argv[1] + "/requests").text)
    except requests.exceptions.InvalidHeader:
        print("requests raises InvalidHeader")
with httpx.Client(transport=RetryTransport(retry=Again(total=2))) as client:
    print("httpx-retries", client.get(sys.argv[1] + "/httpx").text)
PYTHON
cat >clients.mjs <<'JS'
import axios from "axios";
import axiosRetry, {exponentialDelay} from "axios-retry";
import ky from "ky";
const base = process.argv[2];
console.log("ky", await ky.get(base + "/ky").text());
const http = axios.create();
axiosRetry(http, {retries: 2, retryDelay: exponentialDelay, retryCondition: ({response}) => response?.status === 429});
console.log("axios-retry", (await http.get(base + "/axios")).data);
const day = text => { const date = new Date(text); return Number.isNaN(date.valueOf()) ? "none" : date.toDateString(); };
console.log("dates", ["1.5", "1.0", "13.5"].map(day).join(", "));
JS
{ python/bin/python clients.py "$base"; node clients.mjs "$base"; } | tee seen

pause() { awk -v client="$1" '$1 == client {print $2}' seen; }
as_told=yes
grep -qx "requests raises InvalidHeader" seen || as_told=no
(( $(pause httpx-retries) < 1500 )) || as_told=no
(( $(pause ky) < 1500 )) || as_told=no
(( $(pause axios-retry) >= 1490 )) || as_told=no
grep -qx "dates Fri Jan 05 2001, none, none" seen || as_told=no
[[ $as_told == yes ]] || { echo "That is no longer what the head of this file tells."; exit 1; }
