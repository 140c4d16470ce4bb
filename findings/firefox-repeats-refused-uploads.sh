#!/usr/bin/env bash
# A server that refuses an upload early and closes: Firefox repeats the whole POST, and the page never sees the answer.
#
# Versions: Firefox ESR 153 and Chromium 156, as Debian packages them; Python's standard library as the server.
#
# What one would guess: the server answers 413 with a complete body and `Connection: close` while a long body is still
# being sent, and closes. The answer is on the wire before the end, so `fetch` gives 413 in every browser.
#
# What happens: closing with bytes unread resets the connection. Chromium gives the page the 413 that came before the
# reset. Firefox drops it and sends the POST again on a new connection, though POST is not idempotent (RFC 9110,
# section 9.2.2), and gives the page a network error in the end. An expired session (401) in the middle of an upload so
# never leads to a refresh. Where the server reads on until the body ends, both give 413, after one POST.
#
# Source: RFC 9112, section 9.6 (a server should go on reading after its last answer, for just this reason).
set -euo pipefail

for program in firefox-esr chromium python3; do
    command -v "$program" >/dev/null || { echo "This needs $program: apt install $program"; exit 2; }
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/try.py" <<'PYTHON'
import asyncio
import sys
import tempfile
from pathlib import Path

browser, reads_on = sys.argv[1], sys.argv[2] == "reads-on"
size = 64 * 2**20
page = b"""<!doctype html><script>
fetch('/upload', {method: 'POST', body: new Blob([new Uint8Array(%d)])})
    .then(answer => answer.status, error => 'network error')
    .then(seen => fetch('/seen?' + encodeURIComponent(seen), {method: 'POST'}))
</script>""" % size


async def main():
    seen, posts = asyncio.get_running_loop().create_future(), 0

    async def answer(reader, writer):
        nonlocal posts
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                target = head.split()[1].decode()
                if target == "/upload":
                    posts += 1
                    writer.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
                    await writer.drain()
                    if reads_on:
                        left = size
                        while left and (data := await reader.read(65536)):
                            left -= len(data)
                    else:
                        await asyncio.sleep(0.5)
                    break
                if target.startswith("/seen?") and not seen.done():
                    seen.set_result(target.partition("?")[2].replace("%20", " "))
                body = page if target == "/" else b""
                head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body)
                writer.write(head.encode() + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=16384)
    address = "http://127.0.0.1:%d/" % server.sockets[0].getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        if browser == "firefox-esr":
            Path(profile, "user.js").write_text('user_pref("browser.shell.checkDefaultBrowser", false);')
            command = [browser, "--headless", "--no-remote", "--profile", profile, address]
        else:
            command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", address]
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(*command, stdout=quiet, stderr=quiet)
        try:
            result = await asyncio.wait_for(seen, 90)
        finally:
            process.terminate()
            await process.wait()
    print(f"{result}, {'one POST' if posts == 1 else 'several POSTs'}", file=sys.stdout)
    print(f"({posts} in all)", file=sys.stderr)


asyncio.run(main())
PYTHON

status=0
expect() {
    local got
    got=$(python3 "$folder/try.py" "$1" "$2")
    echo "$1, server that $2: $got"
    [[ $got == "$3" ]] || { echo "  expected: $3"; status=1; }
}
expect chromium closes "413, one POST"
expect firefox-esr closes "network error, several POSTs"
expect chromium reads-on "413, one POST"
expect firefox-esr reads-on "413, one POST"
exit $status
