"""Proxies are known by how they write: heads as each client and each dev server really sends them.

Measured on Vite 8.4.0, webpack-dev-server 6.1.0, Next 16.4.6, Angular 22.2.7 (`tests/devservers` starts them anew),
Chromium 156, Firefox 153, Node 24 (fetch and http), curl 7.88, aiohttp.
"""

from __future__ import annotations

import pytest

from devkit.proxies import NEXT, VITE, WEBPACK, Proxies, Proxy, recognised

PAGE = "user-agent: Mozilla/5.0|sec-fetch-site: same-origin|referer: http://localhost:5173/"


def fields(written: str) -> list[tuple[bytes, bytes]]:
    pairs = (line.partition(": ") for line in written.split("|"))
    return [(name.encode(), value.encode()) for name, _, value in pairs]


@pytest.mark.parametrize(
    ("name", "head"),
    [
        (VITE, f"host: localhost:8000|{PAGE}|connection: close"),
        (VITE, "host: localhost:8000|user-agent: curl/7.88.1|accept: */*|connection: close"),
        (VITE, f"x-forwarded-host: localhost:5173|host: localhost:8000|{PAGE}|connection: close"),
        (WEBPACK, f"host: localhost:8080|{PAGE}|Connection: keep-alive"),
        (WEBPACK, f"x-forwarded-for: ::1|x-forwarded-host: a:1|host: localhost:8080|{PAGE}|Connection: keep-alive"),
        (NEXT, f"host: localhost:8000|{PAGE}|x-forwarded-host: localhost:3000|Connection: keep-alive"),
        ("", f"host: localhost:5173|connection: Upgrade|upgrade: websocket|{PAGE}"),
        ("", "Host: localhost:8000|X-Forwarded-For: 10.0.0.1|Connection: close"),
        ("", "Host: localhost:8000|Via: 1.1 squid"),
        ("", "Host: localhost:8000|Sec-Fetch-Site: same-origin|Origin: http://localhost:5173"),
    ],
)
def test_a_proxy_is_known_by_how_it_writes(name: str, head: str) -> None:
    found = recognised(fields(head))
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "head",
    [
        # Chromium, Firefox
        "Host: localhost:8000|Connection: keep-alive|User-Agent: Mozilla/5.0|Sec-Fetch-Site: same-site|Origin: http://a",
        "Host: localhost:8000|User-Agent: Mozilla/5.0|Connection: keep-alive|Sec-Fetch-Site: same-origin"
        "|Referer: http://localhost:8000/_devkit/",
        # Node's fetch, Node's http with and without an agent that keeps connections
        "host: localhost:8000|connection: keep-alive|accept: */*|sec-fetch-mode: cors|user-agent: node",
        "Host: localhost:8000|Connection: close",
        "Accept: */*|Host: localhost:8000|Connection: keep-alive",
        # Playwright's request, which calls itself a browser; curl; hyper, which writes in lower case
        "User-Agent: Mozilla/5.0|accept: */*|Host: localhost:8000|Connection: keep-alive",
        "Host: localhost:8000|User-Agent: curl/7.88.1|Accept: */*",
        "host: localhost:8000|accept: */*",
        # What nobody should send
        "Host: |Sec-Fetch-Site: same-origin|Origin: null",
        "Accept: */*",
    ],
)
def test_no_other_client_is_taken_for_a_proxy(head: str) -> None:
    assert recognised(fields(head)) is None


def test_what_is_like_no_dev_server_adds_nothing_to_one_that_is_known() -> None:
    met = Proxies()
    news = [met.meet(Proxy(name, "a sign")) for name in (VITE, VITE, "", NEXT)]
    assert news == [True, False, False, True]
    assert [proxy.name for proxy in met] == [VITE, NEXT]
