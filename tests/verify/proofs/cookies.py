from __future__ import annotations

from tests.verify.proofs.base import Proof

PROOFS = {
    "cookies.http-only": Proof("cookie.httponly_missing", "no HttpOnly"),
    "cookies.same-site": Proof("cookie.samesite", "no SameSite", parameters={"value": "missing"}),
}
