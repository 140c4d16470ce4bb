"""What `devkit serve` says when it is ready, for people and for programs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

from devkit import __version__
from devkit.cli.style import Style

PANEL = "/_devkit/"
REFERENCE = "/_devkit/docs"
OPENAPI = "/_devkit/openapi.json"

_EVERYWHERE = {"", "0.0.0.0", "::"}


class Running(Protocol):
    """What the server tells when it is ready (`devkit.server.hosting.app.Running`)."""

    @property
    def url(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def database(self) -> str: ...
    @property
    def api_key(self) -> str | None: ...
    @property
    def test_user(self) -> tuple[str, str]: ...
    @property
    def origins(self) -> Sequence[str]: ...
    @property
    def dialects(self) -> Sequence[str]: ...
    @property
    def contract(self) -> Sequence[str]: ...
    @property
    def accounts(self) -> bool: ...
    @property
    def upstream(self) -> Sequence[tuple[str, str]]: ...
    @property
    def seed_is_stale(self) -> bool: ...


def banner(running: Running, style: Style, page: str | None = None, *, insecure: bool = False) -> str:
    """Several aligned lines, without a newline at the end. `page` is a frontend that is served beside the backend.
    `insecure`: the certificate of the real backend is not looked at.
    """
    email, password = running.test_user
    address = running.url if page else style.bold(style.cyan(running.url))
    rows = [
        *([("Demo", style.bold(style.cyan(page)))] if page else []),
        ("Backend" if page else "Address", address),
        *([("Upstream", running.upstream[0][1])] if running.upstream else []),
        *([("", style.yellow(trusting(running)))] if insecure and trusting(running) else []),
        *([("Kept by", kept(running.upstream[1:]))] if running.upstream else []),
        ("Panel", running.url + PANEL),
        ("Reference", running.url + REFERENCE),
        *([("Test user", f"{email} / {password}")] if running.accounts else []),
        *([("API key", running.api_key or style.dim("none"))] if running.accounts else []),
        ("Origins", grouped(running.origins)),
        *([("Contract", ", ".join(running.contract))] if running.contract else []),
        ("Dialects", ", ".join(running.dialects)),
        ("Database", "in memory, gone when the server stops" if running.database == "memory" else running.database),
    ]
    lines = [f"  {style.bold('devkit')} {style.dim(__version__)}", ""]
    lines += [f"  {style.dim(name.ljust(9))}  {value}" for name, value in rows]
    notes = warnings(running)
    if notes:
        lines += ["", *(f"  {style.warning(' WARNING ')} {note}" for note in notes)]
    return "\n".join([*lines, "", style.dim("  Ctrl-C stops it."), ""])


def warnings(running: Running) -> list[str]:
    """Sentences about what one should not overlook."""
    found = []
    if running.host in _EVERYWHERE:
        found.append(f"Listening on all interfaces: everybody on your network can sign in at port {running.port}.")
    if running.seed_is_stale:
        found.append("The seed files or settings changed since the database was filled; `devkit reset` fills it anew.")
    return found


def trusting(running: Running) -> str:
    """What is to be said of a real backend whose certificate is not looked at; empty where it has none."""
    if not running.upstream or not running.upstream[0][1].lower().startswith("https:"):
        return ""
    return "its certificate is not looked at (--insecure): somebody else may answer in its place"


def ready(running: Running, page: str | None = None, *, insecure: bool = False) -> dict[str, Any]:
    """The banner as data, for `--json`."""
    trust = trusting(running) if insecure else ""
    email, password = running.test_user
    return {
        "event": "ready",
        "version": __version__,
        "pid": os.getpid(),
        "url": running.url,
        **({"page": page} if page else {}),
        "host": running.host,
        "port": running.port,
        "panel": running.url + PANEL,
        "docs": running.url + REFERENCE,
        "openapi": running.url + OPENAPI,
        "test_user": {"email": email, "password": password},
        "api_key": running.api_key,
        "origins": list(running.origins),
        "contract": list(running.contract),
        "dialects": list(running.dialects),
        "upstream": running.upstream[0][1] if running.upstream else None,
        "database": running.database,
        "warnings": [*([f"Of {running.upstream[0][1]}: {trust}."] if trust else []), *warnings(running)],
    }


def kept(rules: Sequence[tuple[str, str]]) -> str:
    """Who keeps what, in front of a real backend: `the real backend; tasks.* by the mock`."""
    names = {"real": "the real backend", "mock": "the mock", "recording": "the recording"}
    names["fallback"] = "the real backend, or else the mock"
    return "; ".join(["the real backend", *(f"{operation} by {names[by]}" for operation, by in rules)])


def grouped(origins: Sequence[str]) -> str:
    """`http://localhost, http://127.0.0.1 at 3000, 5173`: origins with the same ports are told together."""
    ports: dict[str, list[str]] = {}
    for origin in origins:
        parts = urlsplit(origin)
        port = f"{parts.port}" if parts.port else ""
        ports.setdefault(origin.removesuffix(f":{port}") if port else origin, []).append(port)
    hosts: dict[tuple[str, ...], list[str]] = {}
    for host, found in ports.items():
        hosts.setdefault(tuple(found), []).append(host)
    texts = []
    for found_ports, names in hosts.items():
        at = ", ".join(port or "the default port" for port in found_ports)
        texts.append(", ".join(names) + (f" at {at}" if any(found_ports) else ""))
    return "; ".join(texts) or "none"
