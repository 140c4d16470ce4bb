"""How the server and a sandbox are, and back to the seeded state."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

from devkit import __version__
from devkit.contract.base import OWN
from devkit.control.base import Call, ControlOperation, Json
from devkit.control.hosting import Held
from devkit.control.keep import upstream_of
from devkit.control.proxied import listed
from devkit.effects import isoformat, stopwatch
from devkit.storage import figures

_TOLD = (
    "host", "port", "https", "origins", "allowed_hosts", "frontend_url", "auth_transport", "cookies_secure",
    "limits_json", "limits_upload",
)  # fmt: skip
"""Settings that explain what a frontend sees."""


async def status(call: Call) -> Json:
    sandbox, settings = call.sandbox, call.sandbox.settings
    counts = await sandbox.database.scan(figures.counts)
    email, password = sandbox.test_user
    return {
        "version": __version__,
        "pid": os.getpid(),
        "url": sandbox.base_url,
        "sandbox": sandbox.id,
        "time": isoformat(sandbox.clock.now()),
        "database": sandbox.database.read(figures.location) or "memory",
        "uptime_seconds": round(stopwatch() - call.started, 3),
        "dialects": [dialect.name for dialect in call.dialects],
        "settings": {name: _plain(getattr(settings, name)) for name in _TOLD},
        "rows": sandbox.database.read(figures.rows),
        "lacks": sorted(what for what in OWN if not sandbox.contract.knows(what)),
        "counts": counts | {"sockets": len(sandbox.hub.subscribers()), "journal": len(sandbox.journal)},
        "memory": {name: value for name, value in held(call).items() if name in {"size", "most"}},
        "proxies": listed(sandbox.proxies),
        "upstream": upstream_of(call),
        "seed": {"number": settings.seed, "stale": sandbox.seed_is_stale},
        "test_user": {"email": email, "password": password},
        "test_users": [dataclasses.asdict(account) for account in sandbox.seed.accounts],
        "api_key": sandbox.seed.api_key,
    }


async def memory(call: Call) -> Json:
    return held(call)


def held(call: Call) -> dict[str, Json]:
    """What the server remembers for all sandboxes, and may at the most, in bytes: in all, and of each kind."""
    drills = call.drills.opened
    kinds = [*call.host.held(), Held("drills", drills.size if drills else 0, call.drills.room)]
    return {
        "size": sum(one.size for one in kinds),
        "most": sum(one.most for one in kinds),
        "kinds": [dataclasses.asdict(one) for one in kinds],
        "sandboxes": len(call.host.all()),
    }


async def reset(call: Call) -> Json:
    begun = stopwatch()
    done = await call.sandbox.reset()
    there = ", ".join(f"{count:,} {what}" for what, count in done.counts.items() if what != "mails")
    files = "seed files read anew, since they were edited" if done.edited else "seed files as they were"
    return {
        "message": f"The sandbox {call.sandbox.id} is back in its seeded state: {there} ({done.folder}: {files})",
        "seconds": round(stopwatch() - begun, 3),
        "seed": {"folder": str(done.folder), "edited": done.edited, "counts": dict(done.counts)},
    }


def _plain(value: Any) -> Json:
    return list(value) if isinstance(value, tuple) else value


ROWS = (
    ControlOperation(
        id="state.status",
        method="GET",
        path="/_devkit/api/status",
        summary="Version, address, settings, and how much is in the sandbox",
        handler=status,
    ),
    ControlOperation(
        id="state.memory",
        method="GET",
        path="/_devkit/api/memory",
        summary="What journals, kept answers, drills and the data of sandboxes take in memory, and may at the most",
        handler=memory,
    ),
    ControlOperation(
        id="state.reset",
        method="POST",
        path="/_devkit/api/reset",
        summary="Back to the seeded state, sockets closed, mailbox and journal empty",
        handler=reset,
    ),
)
