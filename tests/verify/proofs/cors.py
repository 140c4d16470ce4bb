from __future__ import annotations

from devkit.verify.target import Target
from tests.verify.proofs.base import Proof

PROOFS = {
    "cors.readable": Proof("cors.origin", "no Access-Control-Allow-Origin", parameters={"mode": "missing"}),
    "cors.errors": Proof("cors.missing_on_errors", "no Access-Control-Allow-Origin"),
    "cors.stranger": Proof(
        "http.header",
        "is allowed, with credentials",
        parameters={"name": "Access-Control-Allow-Origin", "value": Target.other_origin},
        more=({"fault": {"type": "http.header", "name": "Access-Control-Allow-Credentials", "value": "true"}},),
    ),
}
