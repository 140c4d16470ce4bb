"""A real backend that speaks TLS: its certificate is looked at as a browser would, unless that is not wanted."""

from __future__ import annotations

import contextlib
import datetime as dt
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from devkit.effects import machine_now
from tests.conftest import StartServer

CA = trustme.CA()


@contextlib.asynccontextmanager
async def secure(certificate: trustme.LeafCert) -> AsyncIterator[int]:
    """A backend with that certificate; its port."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/live":
            ws: web.WebSocketResponse = web.WebSocketResponse()
            await ws.prepare(request)
            async for message in ws:
                await ws.send_str(f"{request.scheme} {message.data}")
            return ws
        return web.Response(text=f"{request.scheme} {request.headers['Host']}")

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    try:
        yield site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    finally:
        await runner.cleanup()


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine trusts the tests' authority, as it would a company's own."""
    CA.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@pytest.mark.usefixtures("trusted")
async def test_a_certificate_that_the_machine_trusts_is_taken(start: StartServer) -> None:
    async with secure(CA.issue_cert("localhost")) as port, start(upstream=f"https://localhost:{port}") as client:
        answer = await client.send("GET", "/x")
        async with client.http.ws_connect("/live") as ws:
            await ws.send_str("x" * 100_000)
            assert await ws.receive_str(timeout=20) == f"https {'x' * 100_000}"
    assert (answer.status, answer.body) == (200, f"https localhost:{port}".encode())


def expired() -> trustme.LeafCert:
    yesterday = dt.datetime.fromtimestamp(machine_now() / 1000 - 86_400, dt.UTC)
    return CA.issue_cert("localhost", not_before=yesterday - dt.timedelta(days=9), not_after=yesterday)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("certificate", "told"),
    [
        (expired, "certificate has expired"),
        (lambda: CA.issue_cert("other.test"), "not valid for 'localhost'"),
        (lambda: trustme.CA().issue_cert("localhost"), "unable to get local issuer certificate"),
    ],
    ids=["expired", "of another name", "of nobody known"],
)
async def test_others_are_not_and_insecure_takes_them(start: StartServer, certificate: object, told: str) -> None:
    assert callable(certificate)
    async with secure(certificate()) as port:
        async with start(upstream=f"https://localhost:{port}") as client:
            answer = await client.send("GET", "/x")
            assert answer.status == 502
            assert told in answer.json["detail"]
            assert "--insecure takes it all the same" in answer.json["detail"]
        async with start(upstream=f"https://localhost:{port}", proxy_insecure=True) as client:
            assert (await client.send("GET", "/x")).status == 200


async def test_what_speaks_no_tls_is_told_apart(start: StartServer) -> None:
    from tests.proxy.backend import backend

    async with backend() as real, start(upstream=real.url.replace("http://", "https://")) as client:
        answer = await client.send("GET", "/x")
    assert (answer.status, "does not speak TLS" in answer.json["detail"]) == (502, True)
