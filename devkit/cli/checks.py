"""What `devkit doctor` looks at. Each check tells what it found, and what to do about it."""

from __future__ import annotations

import contextlib
import os
import platform
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from devkit.config import Settings
from devkit.errors import OperatorError
from devkit.records import dataclass

State = Literal["ok", "warn", "fail"]

_NEARLY_FULL = 0.9
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_EVERYWHERE = {"0.0.0.0", "::"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. `remedy` says what to do, or what would be better."""

    name: str
    state: State
    found: str
    remedy: str | None = None


def findings(settings: Settings) -> Iterator[Finding]:
    """Run every check. One that fails in a way nobody thought of is a finding too."""
    for check in CHECKS:
        try:
            yield check(settings)
        except OperatorError as error:
            yield Finding(_name(check), "fail", error.message, error.remedy)
        except Exception as error:  # noqa: BLE001 - the doctor goes on to the next check
            yield Finding(_name(check), "fail", f"could not be checked: {type(error).__name__}: {error}")


def _name(check: Callable[[Settings], Finding]) -> str:
    return check.__name__.strip("_").replace("_", " ")


def _python(_settings: Settings) -> Finding:
    found = f"{platform.python_implementation()} {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    return Finding("python", "ok", found)


def _event_loop(_settings: Settings) -> Finding:
    from devkit.cli.serving import loop_factory

    if loop_factory() is not None:
        return Finding("event loop", "ok", "uvloop")
    remedy = None if sys.platform == "win32" else "`pip install uvloop` makes it faster."
    return Finding("event loop", "ok", "asyncio's own; uvloop is not installed", remedy)


def _port(settings: Settings) -> Finding:
    from devkit.control import runtime
    from devkit.server.hosting import ports

    if settings.port == 0:
        return Finding("port", "ok", "any free one")
    try:
        ports.close(ports.listen(settings.host, settings.port))
    except OperatorError as error:
        for running in runtime.find(settings.state_dir):
            if urlsplit(running.url).port == settings.port:
                return Finding("port", "ok", f"{settings.port} is used by this folder's own server (pid {running.pid})")
        return Finding("port", "fail", error.message, error.remedy)
    return Finding("port", "ok", f"{settings.port} is free on {settings.host}")


def _state_folder(settings: Settings) -> Finding:
    return _writable("state folder", settings.state_dir)


def _database(settings: Settings) -> Finding:
    path = settings.database_path
    if settings.memory:
        return Finding("database", "ok", "in memory")
    if not path.exists():
        made = _writable("database", path.parent)
        return made if made.state == "fail" else Finding("database", "ok", f"{path} will be made at the first start")
    from devkit.storage import damage, failures

    if not os.access(path, os.W_OK):
        told = failures.unusable(path, None)
        return Finding("database", "fail", told.message, told.remedy)
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=2)) as opened:
            finding = damage.find(opened)
    except sqlite3.Error as error:
        told = failures.unusable(path, error)
        return Finding("database", "fail", told.message, told.remedy)
    if finding is None:
        return Finding("database", "ok", f"{path} is sound")
    told = failures.damaged(str(path), finding)
    return Finding("database", "fail", told.message, told.remedy)


def _seed_files(settings: Settings) -> Finding:
    from devkit.shipped import seed_folder
    from devkit.storage import seedfiles

    folder = seed_folder(settings)
    files = seedfiles.load(folder)
    own = "your own" if folder == settings.seed_dir else "shipped"
    return Finding("seed files", "ok", f"{len(files.users.users)} users by hand; {own}, in {folder}")


def _dialects(settings: Settings) -> Finding:
    from devkit.cli.common import backend_told

    names = ", ".join(dialect.name for dialect in backend_told().served(settings))
    return Finding("dialects", "ok", f"{names}; from {', '.join(settings.contract)}" if settings.contract else names)


def _certificate(settings: Settings) -> Finding:
    from devkit.effects import Clock, isoformat
    from devkit.server.hosting import tls

    if not settings.https:
        return Finding("certificate", "ok", "not needed: HTTPS is off")
    ends = tls.expiry()
    if ends is None:
        return Finding("certificate", "warn", "there is none yet", "`devkit serve --https` makes it; then look again.")
    if ends.timestamp() * 1000 < Clock().now():
        return Finding("certificate", "warn", f"expired on {ends:%Y-%m-%d}", "`devkit serve --https` renews it.")
    until = f"valid until {isoformat(int(ends.timestamp() * 1000))[:10]}"
    trusted = tls.is_trusted()
    if trusted:
        return Finding("certificate", "ok", f"{until}, trusted by this system")
    doubt = "its authority is not trusted by this system" if trusted is False else "whether it is trusted is unknown"
    return Finding("certificate", "warn", f"{until}, but {doubt}", f"To trust it: {tls.how_to_trust()}")


def _safari(settings: Settings) -> Finding:
    if settings.https or not settings.cookies_secure or settings.auth_transport == "bearer":
        return Finding("safari", "ok", "keeps the cookies of these settings")
    # Elsewhere there is no Safari to try it with, and a warning that always stands is soon not read.
    state: State = "warn" if sys.platform == "darwin" else "ok"
    return Finding(
        "safari",
        state,
        "drops Secure cookies on http://localhost; Chromium and Firefox keep them",
        "For Safari set `cookies: {secure: false}` in devkit.yaml; or serve page and mock both by https (--https).",
    )


def _same_site(settings: Settings) -> Finding:
    page = urlsplit(settings.frontend_url).hostname or "localhost"
    reachable = settings.host in _LOOPBACK | _EVERYWHERE if page in _LOOPBACK else settings.host == page
    if not reachable:
        return Finding(
            "same site",
            "warn",
            f"the frontend is at {page}, the mock at {settings.host}: to browsers another site, which gets no cookies",
            "Serve both under one host name; set `frontend_url` if the frontend is elsewhere.",
        )
    scheme = "https" if settings.https else "http"
    if not settings.frontend_url.startswith(f"{scheme}://") and settings.auth_transport != "bearer":
        here = "https" if settings.https else "no https"
        return Finding(
            "same site",
            "warn",
            f"the frontend is at {settings.frontend_url}, the mock has {here}: to Chromium two sites, and the "
            "session's cookie is not sent",
            "Serve both by https, and set `frontend_url` to where the frontend is; or neither.",
        )
    other = "127.0.0.1" if page == "localhost" else "localhost"
    name = f"[{page}]" if ":" in page else page
    call = f"call {scheme}://{name}:{settings.port} from {settings.frontend_url}"
    return Finding("same site", "ok", f"{call}; {other} would be another site, and lose cookies")


def _sandbox_hosts(_settings: Settings) -> Finding:
    import ipaddress
    import socket

    try:
        addresses = {str(found[4][0]) for found in socket.getaddrinfo("devkit-doctor.localhost", 80)}
    except OSError:
        addresses = set()
    if addresses and all(ipaddress.ip_address(address).is_loopback for address in addresses):
        return Finding("*.localhost", "ok", "resolves to this machine")
    return Finding(
        "*.localhost",
        "warn",
        "does not resolve here; browsers do it by themselves, other programs will not",
        "Outside of browsers choose a sandbox by path, http://localhost:8000/~NAME, or by the header X-Devkit-Sandbox.",
    )


def _proxy(settings: Settings) -> Finding:
    """Whether the sandboxes of a server that runs are called through a dev server's proxy."""
    from devkit.control.client import connect_all
    from devkit.errors import NotRunning
    from devkit.server.hosting import tls

    met: dict[str, list[str]] = {}
    try:
        for client in connect_all(settings.state_dir, cafile=tls.ca_path()):
            for sandbox in client.get("/sandboxes")["data"]:
                for proxy in sandbox["proxies"]:
                    met.setdefault(proxy["title"], []).append(sandbox["id"])
    except NotRunning:
        return Finding("proxy", "ok", "whether calls come through a dev server's is known while a server runs")
    if not met:
        return Finding("proxy", "ok", "no calls have come through one so far")
    told = "; ".join(f"{', '.join(sandboxes)} through {title}" for title, sandboxes in met.items())
    return Finding(
        "proxy",
        "warn",
        f"calls come to {told}",
        "Some faults arrive there otherwise, or not at all: docs/reference/dev-servers.md. Across origins all do.",
    )


def _real_backend(settings: Settings) -> Finding:
    """Whether the real backends answer that this folder's settings and servers name."""
    import asyncio

    from devkit.control.client import connect_all
    from devkit.errors import NotRunning
    from devkit.server.hosting import tls

    since: dict[str, str | None] = {settings.upstream: None} if settings.upstream else {}
    with contextlib.suppress(NotRunning):
        for client in connect_all(settings.state_dir, cafile=tls.ca_path()):
            if told := client.get("/status").get("upstream"):
                since[told["url"]] = told["since"]
    if not since:
        return Finding("real backend", "ok", "none; `devkit proxy URL` stands in front of one")
    insecure = settings.proxy_insecure
    troubles = {url: asyncio.run(_unreachable(url, insecure=insecure)) for url in since}
    lines = [
        f"{url} {trouble}{f' (since {since[url]})' if since[url] else ''}" if trouble else f"{url} takes connections"
        for url, trouble in troubles.items()
    ]
    failed = any(troubles.values())
    remedy = "Start it, or name another: --upstream, or `upstream` in devkit.yaml." if failed else None
    return Finding("real backend", "fail" if failed else "ok", "\n".join(lines), remedy)


async def _unreachable(url: str, *, insecure: bool) -> str:
    """Why a backend takes no connections, as the end of a sentence; empty where it does."""
    from devkit.upstream.address import upstream
    from devkit.upstream.client import Client, Unreachable

    try:
        client = Client(upstream(url), insecure=insecure)
    except ValueError as error:
        return f"is no address of a backend: {error}"
    try:
        await client.connect()
    except Unreachable as error:
        return error.reason
    finally:
        await client.close()
    return ""


def _memory(settings: Settings) -> Finding:
    """What the servers of this folder remember, and may at the most."""
    from devkit.control.client import connect_all
    from devkit.errors import NotRunning
    from devkit.server.hosting import tls
    from devkit.units import format_size

    lines, fullest = [], 0.0
    try:
        for client in connect_all(settings.state_dir, cafile=tls.ca_path()):
            told = client.get("/memory")
            kinds = ", ".join(
                f"{one['name']} {format_size(one['size'])} of {format_size(one['most'])}" for one in told["kinds"]
            )
            lines.append(f"{kinds}; {told['sandboxes']} sandbox{'es' if told['sandboxes'] > 1 else ''}")
            data = next(one for one in told["kinds"] if one["name"] == "data of sandboxes")
            fullest = max(fullest, data["size"] / data["most"])
    except NotRunning:
        most = format_size(settings.limits_memory)
        return Finding("memory", "ok", f"at most {most} of what is remembered; how much is known while a server runs")
    if fullest > _NEARLY_FULL:
        return Finding(
            "memory", "warn", "\n".join(lines), "Remove sandboxes (`devkit sandbox`), or raise limits.memory."
        )
    return Finding("memory", "ok", "\n".join(lines))


def _writable(name: str, folder: Path) -> Finding:
    """Whether a folder is there, or can be made, and takes files. Makes nothing that stays."""
    existing = folder
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        problem = f"{folder} cannot be written: {error.strerror or error}"
        return Finding(name, "fail", problem, "Give yourself write permission there, or choose another place.")
    return Finding(name, "ok", f"{folder} is writable" if existing == folder else f"{folder} will be made")


CHECKS: tuple[Callable[[Settings], Finding], ...] = (
    _python,
    _event_loop,
    _port,
    _state_folder,
    _database,
    _seed_files,
    _dialects,
    _certificate,
    _safari,
    _same_site,
    _sandbox_hosts,
    _proxy,
    _real_backend,
    _memory,
)
