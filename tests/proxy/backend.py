"""A real backend of the tests' own, of which they see what reached it."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Backend:
    """`seen` are the requests that came: method, target, header fields as they were written, body."""

    url: str = ""
    seen: list[tuple[str, str, list[tuple[str, str]], bytes]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=lambda: [{"id": n, "title": f"Row {n}"} for n in range(1, 31)])
    left: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)
    forget: bool = False
    """Whether the next request on a kept connection is met by its end."""

    def fields(self, name: str) -> list[str]:
        """The values of a field of the last request."""
        return [value for called, value in self.seen[-1][2] if called.lower() == name.lower()]

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if self.forget and request.transport is not None:
            self.forget = False
            request.transport.close()
            return _Written()
        fields = [(name.decode(), value.decode("latin-1")) for name, value in request.raw_headers]
        if request.path == "/early":
            return web.json_response({"error": "too large"}, status=413)
        if request.headers.get("Expect") and request.path != "/refuse" and request.transport is not None:
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = b"" if request.path == "/refuse" else await request.read()
        self.seen.append((request.method, request._message.path, fields, body))
        handler = getattr(self, f"on_{request.path.strip('/').replace('/', '_').replace('-', '_')}", None)
        if request.path.startswith("/orders"):
            return self.orders(request, body)
        return await handler(request, body) if handler else web.Response(status=404, text="nothing here")

    def orders(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        """A resource, in pages."""
        one = request.path.removeprefix("/orders").strip("/")
        if request.method == "POST":
            row = {"id": len(self.rows) + 1, **json.loads(body)}
            self.rows.append(row)
            return web.json_response(row, status=201, headers={"Location": f"{self.url}/orders/{row['id']}"})
        if one:
            found = next((row for row in self.rows if str(row["id"]) == one), None)
            return web.json_response(found or {"detail": "no such order"}, status=200 if found else 404)
        page, size = int(request.query.get("page", 1)), int(request.query.get("per_page", 10))
        rows = self.rows[(page - 1) * size : page * size]
        return web.json_response({"data": rows, "total": len(self.rows), "page": page, "per_page": size})

    async def on_odd(self, request: web.BaseRequest, _: bytes) -> web.StreamResponse:
        """An answer that no library of ours would write so."""
        assert request.transport is not None
        request.transport.write(
            b"HTTP/1.1 299 Rather Fine\r\nx-ONE: 1\r\nX-One: 2\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: b=2\r\n"
            b"Content-Length: 4\r\nKeep-Alive: timeout=5\r\nX-Hop: gone\r\nConnection: keep-alive, X-Hop\r\n\r\n"
            b"\x00\xff\r\n"
        )
        return _Written()

    async def on_hints(self, request: web.BaseRequest, _: bytes) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n")
        return web.Response(text="done")

    async def on_large(self, _: web.BaseRequest, __: bytes) -> web.StreamResponse:
        return web.Response(body=b"x" * 1_000_000)

    async def on_packed(self, _: web.BaseRequest, __: bytes) -> web.StreamResponse:
        data = gzip.compress(json.dumps({"title": "packed"}).encode(), mtime=0)
        return web.Response(body=data, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})

    async def on_negotiated(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        """In the best coding that is asked for."""
        if "br" not in request.headers.get("Accept-Encoding", ""):
            return await self.on_packed(request, body)
        data = b"\x0b\x02\x80secret\x03"
        return web.Response(body=data, headers={"Content-Encoding": "br", "Content-Type": "application/json"})

    async def on_stream(self, request: web.BaseRequest, _: bytes) -> web.StreamResponse:
        """Events, the second one of which waits to be released."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            await response.write(b"data: 1\n\n")
            await asyncio.wait_for(self.release.wait(), 20)
            await response.write(b"data: 2\n\ndata: [DONE]\n\n")
        except (ConnectionError, asyncio.CancelledError):
            self.left.set()
            raise
        return response

    async def on_ticking(self, request: web.BaseRequest, _: bytes) -> web.StreamResponse:
        """Events without an end."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for number in itertools.count():
            await response.write(b"data: %d\n\n" % number)
            await asyncio.sleep(0)
        return response

    async def on_slow(self, request: web.BaseRequest, _: bytes) -> web.StreamResponse:
        """No head before it is released; whoever leaves meanwhile is seen."""
        try:
            await asyncio.wait_for(self.release.wait(), 20)
        except asyncio.CancelledError:
            self.left.set()
            raise
        return web.Response(text="at last")

    async def on_broken(self, request: web.BaseRequest, _: bytes) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        return _Written(abort=True)

    async def on_mute(self, request: web.BaseRequest, _: bytes) -> web.StreamResponse:
        return _Written(abort=True)

    async def on_gibberish(self, request: web.BaseRequest, _: bytes) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.write(b"220 mail.test ESMTP\r\n\r\n")
        return _Written(abort=True)

    async def on_endless(self, request: web.BaseRequest, _: bytes) -> web.StreamResponse:
        """A body that ends with the connection."""
        assert request.transport is not None
        request.transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nall of it")
        return _Written(abort=True)

    async def on_login(self, _: web.BaseRequest, body: bytes) -> web.StreamResponse:
        response = web.json_response({"user": {"email": json.loads(body)["email"]}})
        response.headers.add("Set-Cookie", "sid=s-1; Domain=backend.test; Path=/; HttpOnly; Secure; SameSite=None")
        return response

    async def on_sign_in(self, _: web.BaseRequest, __: bytes) -> web.StreamResponse:
        """Says nothing of who that is; each session has a cookie of its own."""
        return web.json_response({"ok": True}, headers={"Set-Cookie": f"session=secret-{len(self.seen)}; Path=/"})

    async def on_me(self, request: web.BaseRequest, _: bytes) -> web.StreamResponse:
        known = "sid=s-1" in request.headers.get("Cookie", "")
        return web.json_response(
            {"email": "a@b.test"} if known else {"detail": "sign in"}, status=200 if known else 401
        )

    async def on_files(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        return web.json_response({"size": len(body) // 100_000 * 100_000})

    async def on_enter(self, _: web.BaseRequest, __: bytes) -> web.StreamResponse:
        """Signs in by a cookie that nobody would take for a session's."""
        return web.json_response({"ok": True}, headers={"Set-Cookie": "zebra=z-1; Path=/; HttpOnly"})

    async def on_den(self, request: web.BaseRequest, _: bytes) -> web.StreamResponse:
        return web.json_response({"in": "zebra=z-1" in request.headers.get("Cookie", "")})

    async def on_feed(self, request: web.BaseRequest, _: bytes) -> web.StreamResponse:
        """In pages, each of which has the cursor of the next; behind the last one there is nothing."""
        start = int(request.query.get("cursor", "0") or 0)
        rows = self.rows[start : start + 10]
        if not rows:
            return web.json_response({"detail": "no such page"}, status=404)
        following = str(start + 10) if start + 10 < len(self.rows) else None
        return web.json_response({"items": rows, "next_cursor": following})

    async def on_moved(self, _: web.BaseRequest, __: bytes) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": f"{self.url}/orders?page=2"})

    async def on_named(self, _: web.BaseRequest, __: bytes) -> web.StreamResponse:
        return web.Response(headers={"x-request-id": "theirs"})

    async def on_sockets_only(self, _: web.BaseRequest, __: bytes) -> web.StreamResponse:
        return web.Response(status=426, headers={"Upgrade": "websocket"})


class _Written(web.StreamResponse):
    """Written already, by hand; `abort` ends the connection behind it."""

    def __init__(self, *, abort: bool = False) -> None:
        super().__init__()
        self._abort = abort
        self.force_close()

    async def prepare(self, request: web.BaseRequest) -> None:
        if self._abort and request.transport is not None:
            request.transport.close()

    async def write_eof(self, data: bytes = b"") -> None:
        return


@contextlib.asynccontextmanager
async def backend() -> AsyncIterator[Backend]:
    """One that listens."""
    found = Backend()
    runner = web.ServerRunner(
        web.Server(found.answer, access_log=None, handler_cancellation=True, max_field_size=2**17, max_headers=2_000)
    )
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    found.url = f"http://127.0.0.1:{port}"
    try:
        yield found
    finally:
        found.release.set()
        await runner.cleanup()
