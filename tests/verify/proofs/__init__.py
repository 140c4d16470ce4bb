"""For each check, how our own server is broken so that exactly this check fails: a fault, and where it strikes."""

from __future__ import annotations

from tests.verify.proofs import (
    auth,
    conditional,
    cookies,
    cors,
    errors,
    http,
    idempotency,
    json,
    paging,
    security,
    sockets,
    streams,
    uploads,
)
from tests.verify.proofs.base import Proof

PROOFS: dict[str, Proof] = {
    **auth.PROOFS,
    **cookies.PROOFS,
    **cors.PROOFS,
    **errors.PROOFS,
    **json.PROOFS,
    **security.PROOFS,
    **paging.PROOFS,
    **conditional.PROOFS,
    **idempotency.PROOFS,
    **uploads.PROOFS,
    **sockets.PROOFS,
    **streams.PROOFS,
    **http.PROOFS,
}
