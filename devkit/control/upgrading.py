"""What a handshake of a WebSocket must be (RFC 6455, section 4.2.1), before aiohttp takes it: aiohttp takes more."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TYPE_CHECKING

from aiohttp import HttpVersion11, hdrs

if TYPE_CHECKING:
    from aiohttp import web

REQUIRED: Mapping[str, str] = {
    hdrs.UPGRADE: "websocket",
    hdrs.CONNECTION: "Upgrade",
    hdrs.SEC_WEBSOCKET_VERSION: "13",
}
"""What an answer 426 says (RFC 9110, section 15.5.22; RFC 6455, section 4.2.2)."""

_NONCE = 16


def upgrade_missing(request: web.BaseRequest) -> str | None:
    """Why a request asks for no WebSocket that is spoken here; None where it does."""
    headers = request.headers
    if request.version < HttpVersion11:
        # An Upgrade in HTTP/1.0 is as good as none (RFC 9110, section 7.8).
        return "This address speaks WebSocket, which begins with a request of HTTP/1.1"
    tokens = {token.strip().lower() for token in headers.get(hdrs.CONNECTION, "").split(",")}
    asked = headers.get(hdrs.UPGRADE, "").strip().lower()
    if request.method != hdrs.METH_GET or "upgrade" not in tokens or asked != "websocket":
        return "This address speaks WebSocket: send the handshake of one (a proxy may have taken its Upgrade away)"
    if headers.get(hdrs.SEC_WEBSOCKET_VERSION, "").strip() != "13":
        return "This address speaks version 13 of WebSocket alone (RFC 6455)"
    return None


def is_key(text: str) -> bool:
    """Whether that is a `Sec-WebSocket-Key`."""
    try:
        return len(base64.b64decode(text.encode("ascii"), validate=True)) == _NONCE
    except (UnicodeEncodeError, binascii.Error):
        return False
