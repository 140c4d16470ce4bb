#!/usr/bin/env bash
# An EventSource whose server is away for a moment: Firefox asks again on the page's own origin, and never on another.
#
# Versions: Firefox ESR 153 and Chromium 156, as Debian packages them; Python's standard library as the server.
#
# What one would guess: EventSource connects again by itself after a network error, wherever the stream is. So a backend
# that is restarted costs a page some seconds of its events, in development (other port, so other origin) as in
# production (behind one proxy).
#
# What happens: the page's first connection is reset once, before any answer. On the page's own origin both browsers ask
# again until the stream opens. On another origin, whose answers all have Access-Control-Allow-Origin, Chromium does so
# too; Firefox sets readyState to CLOSED at the first error, and that was all. (A reset that lasts is sent ten times by
# Firefox' network layer before the page hears of it, so the server here resets for as long as one try takes.) A page
# that wants its events has to make a new EventSource when `onerror` finds readyState 2.
#
# Source: WHATWG HTML, section 9.2.3: a network error is no reason to give up, "unless the user agent knows that to be
# futile".
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

browser, where = sys.argv[1:]
page = b"""<!doctype html><script>
const source = new EventSource('%s/stream')
const tell = what => fetch('/seen?' + what, {method: 'POST'})
let errors = 0
source.onerror = () => {
    errors += 1
    if (errors === 1) fetch('/mended', {method: 'POST'})
    if (source.readyState === EventSource.CLOSED) tell('gave-up')
}
source.onmessage = () => { source.close(); tell(errors ? 'asked-again' : 'no-error') }
</script>"""
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n"


async def main():
    seen, broken, shown = asyncio.get_running_loop().create_future(), True, b""

    async def answer(reader, writer):
        nonlocal broken
        try:
            target = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        except (asyncio.IncompleteReadError, ConnectionError):
            return writer.close()
        if target == "/stream" and broken:
            return writer.transport.abort()
        broken = broken and target != "/mended"
        if target.startswith("/seen?") and not seen.done():
            seen.set_result(target.partition("?")[2])
        kind, body = ("text/event-stream", b"data: 1\n\n") if target == "/stream" else ("text/html", shown)
        writer.write((HEAD % kind).encode() + (body if target in {"/", "/stream"} else b""))
        writer.close()

    servers = [await asyncio.start_server(answer, "127.0.0.1", 0) for _ in range(2)]
    own, other = ("http://127.0.0.1:%d" % server.sockets[0].getsockname()[1] for server in servers)
    shown = page % (own if where == "own" else other).encode()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        if browser == "firefox-esr":
            Path(profile, "user.js").write_text('user_pref("browser.shell.checkDefaultBrowser", false);')
            command = [browser, "--headless", "--no-remote", "--profile", profile, own]
        else:
            command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", own]
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(*command, stdout=quiet, stderr=quiet)
        try:
            print(await asyncio.wait_for(seen, 120))
        finally:
            process.terminate()
            await process.wait()


asyncio.run(main())
PYTHON

status=0
expect() {
    local got
    got=$(python3 "$folder/try.py" "$1" "$2")
    echo "$1, stream on $2 origin: $got"
    [[ $got == "$3" ]] || { echo "  expected: $3"; status=1; }
}
expect chromium own asked-again
expect chromium another asked-again
expect firefox-esr own asked-again
expect firefox-esr another gave-up
exit $status
