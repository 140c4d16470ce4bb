"""All kinds of faults, in one explicit list: a new fault is one module and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devkit.contract.fields import rejected
from devkit.errors import did_you_mean
from devkit.faults import (
    auth,
    bandwidth,
    body,
    clock,
    connection,
    consistency,
    cookies,
    cors,
    encodings,
    fields,
    frames,
    http,
    http_headers,
    http_pages,
    latency,
    mail,
    oauth,
    pagination,
    permissions,
    preflight,
    ratelimit,
    reuse,
    signin,
    sockets,
    staleness,
    streams,
    uploads,
)
from devkit.faults.base import Fault
from devkit.faults.devservers import Measured, measured
from devkit.registry import Registry

FAULTS: Registry[type[Fault]] = Registry(
    "fault",
    [
        *auth.KINDS,
        *signin.KINDS,
        *permissions.KINDS,
        *oauth.KINDS,
        *mail.KINDS,
        *cors.KINDS,
        *preflight.KINDS,
        *cookies.KINDS,
        *http.KINDS,
        *http_headers.KINDS,
        *http_pages.KINDS,
        *ratelimit.KINDS,
        *latency.KINDS,
        *bandwidth.KINDS,
        *connection.KINDS,
        *reuse.KINDS,
        *body.KINDS,
        *encodings.KINDS,
        *fields.KINDS,
        *pagination.KINDS,
        *sockets.KINDS,
        *frames.KINDS,
        *uploads.KINDS,
        *streams.KINDS,
        *clock.KINDS,
        *consistency.KINDS,
        *staleness.KINDS,
    ],
    key=lambda kind: kind.kind,
)

DEV_SERVERS: Measured = measured()
"""What arrives of each behind dev servers; read here, where nobody waits for it in the loop."""


def fault_of(written: Mapping[str, Any]) -> Fault:
    """The fault that a rule writes as `{type: family.kind, …parameters}`. Raises pydantic's errors."""
    kind = written.get("type")
    if not isinstance(kind, str) or kind not in FAULTS:
        known = f"{did_you_mean(str(kind), FAULTS.names())}" if kind is not None else " Write `type: family.kind`."
        raise rejected(f"there is no fault of type {kind!r}.{known}")
    return FAULTS[kind].model_validate({key: value for key, value in written.items() if key != "type"})
