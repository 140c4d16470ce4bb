"""A server that takes what it is sent as fast as it comes, and tells events when they happen: python sink.py <port>"""

import asyncio
import re
import sys
import time

EVENTS = 200


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"GET /events"):
                await _tell(writer)
                continue
            found = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
            left = int(found[1]) if found else 0
            if re.search(rb"(?i)\r\nexpect: 100-continue", head):
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            while left:
                left -= len(await reader.read(min(left, 1 << 20)))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _tell(writer: asyncio.StreamWriter) -> None:
    """Events, each of which says when it was sent, by the machine's own clock."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(EVENTS):
        await asyncio.sleep(0.005)
        data = b"data: %d\n\n" % time.monotonic_ns()
        writer.write(b"%x\r\n%b\r\n" % (len(data), data))
    writer.write(b"0\r\n\r\n")


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), limit=1 << 20)
    await server.serve_forever()


asyncio.run(main())
