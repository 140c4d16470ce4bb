"""For each check, how our own server is broken so that exactly this check fails: a fault, and where it strikes."""

from __future__ import annotations

from tests.verify.proofs import auth, cookies, cors, errors, json, security
from tests.verify.proofs.base import Proof

PROOFS: dict[str, Proof] = {
    **auth.PROOFS,
    **cookies.PROOFS,
    **cors.PROOFS,
    **errors.PROOFS,
    **json.PROOFS,
    **security.PROOFS,
}
