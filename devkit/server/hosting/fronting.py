"""A server in front of a real backend: what it takes, as the settings say."""

from __future__ import annotations

from devkit.config import Settings
from devkit.effects import fresh_secret
from devkit.errors import SettingError
from devkit.server.http.cors import Cors
from devkit.server.http.forwarding import Forwarding
from devkit.upstream.address import Upstream, upstream
from devkit.upstream.client import Client
from devkit.upstream.mapping import Mapping

_NAME_BYTES = 4


def address(settings: Settings) -> Upstream:
    """Where the real backend is. Raises SettingError."""
    try:
        return upstream(settings.upstream)
    except ValueError as error:
        raise SettingError(
            f"The setting upstream cannot be {settings.upstream!r}: {error}.",
            remedy="Give it an address such as http://localhost:9000.",
        ) from None


def fronting(settings: Settings, cors: Cors) -> tuple[Client, Forwarding]:
    """What hands requests on, and what it does so with. Raises SettingError."""
    there = address(settings)
    client = Client(there, insecure=settings.proxy_insecure)
    mapping = Mapping(
        upstream=there,
        # Each request says where it reached us.
        origin="",
        secure=settings.https,
        origins=cors,
        cors=settings.proxy_cors,
        # Two in a row are two.
        name=f"devkit-{fresh_secret(_NAME_BYTES).hex()}",
    )
    return client, Forwarding(client, mapping, cors)
