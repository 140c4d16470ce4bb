#!/usr/bin/env bash
# One call of `session.delete()` is two on the wire if the connection ends in between; the caller sees the second.
#
# Versions: aiohttp 3.14.5, beside httpx 0.28.1, Python 3.11.
# One would guess: aiohttp has no retries (there are packages that add them), so a server which takes the call and
#   closes before its answer is a ServerDisconnectedError.
# What happens: GET, PUT and DELETE are sent again on a new connection, at once and without a word, whether the first
#   was a kept or a fresh one; POST and PATCH raise. A DELETE that was carried out comes back as the 404 of its repeat.
#   httpx raises each time.
# Source: RFC 9110, section 9.2.2, allows to repeat what is idempotent; aiohttp's `ClientSession._request`.
# devkit: `conn.empty` shows it, and the journal has both calls.
set -euo pipefail
for program in python3; do
    command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --no-compile --disable-pip-version-check aiohttp==3.14.5 httpx==0.28.1
cat >seen.py <<'PY'
import asyncio
import sys

import aiohttp
import httpx

METHODS = ("GET", "PUT", "DELETE", "POST", "PATCH")


async def main():
    arrived = []

    async def serve(reader, writer):
        """The first call of a connection is answered unless it wants none; at any later one the server closes."""
        count = 0
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                count += 1
                method, path, _ = head.decode().split(" ", 2)
                if path == "/row":
                    arrived.append(method)
                if count > 1 or path == "/row" and len(arrived) == 1:
                    break
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = "http://127.0.0.1:%d" % server.sockets[0].getsockname()[1]

    async def by_aiohttp(method, warm):
        async with aiohttp.ClientSession() as session:
            if warm:
                async with session.get(address + "/first") as got:
                    await got.read()
            async with session.request(method, address + "/row") as got:
                return got.status

    async def by_httpx(method, warm):
        async with httpx.AsyncClient() as client:
            if warm:
                await client.get(address + "/first")
            return (await client.request(method, address + "/row")).status_code

    async def see(call, method, warm):
        arrived.clear()
        try:
            result = await asyncio.wait_for(call(method, warm), 10)
        except (aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError):
            result = "disconnected"
        return len(arrived), result

    seen = {}
    for method in METHODS:
        seen["aiohttp, kept connection", method] = await see(by_aiohttp, method, True)
        seen["httpx, kept connection", method] = await see(by_httpx, method, True)
    seen["aiohttp, new connection", "DELETE"] = await see(by_aiohttp, "DELETE", False)
    for (client, method), (times, result) in seen.items():
        print(f"{client}: {method} arrives {times} time(s), the caller sees {result}")
    once, twice = (1, "disconnected"), (2, 404)
    wanted = {
        key: twice if key[0].startswith("aiohttp") and key[1] in METHODS[:3] else once for key in seen
    }
    server.close()
    if seen != wanted:
        sys.exit("this has changed: GET, PUT and DELETE of aiohttp arrived twice, all else once")


asyncio.run(main())
PY
venv/bin/python seen.py
