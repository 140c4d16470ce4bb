from __future__ import annotations

from devkit.verify.target import ORIGIN, Target
from tests.verify.proofs.base import EVERYWHERE, Proof

ALLOW, CREDENTIALS = "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"
WITH_CREDENTIALS = {"fault": {"type": "http.header", "name": CREDENTIALS, "value": "true"}}
OTHER = Target.other_origin


def allowing(origin: str, says: str) -> Proof:
    """Whoever asks, this origin may read, with credentials."""
    return Proof("http.header", says, parameters={"name": ALLOW, "value": origin}, more=(WITH_CREDENTIALS,))


PROOFS = {
    "cors.readable": Proof("cors.origin", "no Access-Control-Allow-Origin", parameters={"mode": "missing"}),
    "cors.errors": Proof("cors.missing_on_errors", "no Access-Control-Allow-Origin"),
    "cors.unknown": Proof("cors.missing_on_errors", "of an unknown address has no", match=EVERYWHERE),
    "cors.preflight": Proof("preflight.status", "answered with 500", parameters={"status": 500}),
    "cors.preflight-method": Proof("cors.method_missing", "not allow the method", parameters={"methods": ["PATCH"]}),
    "cors.preflight-fields": Proof(
        "cors.header_missing", "does not allow content-type", parameters={"headers": ["Content-Type"]}
    ),
    "cors.preflight-stranger": allowing(OTHER, "with the user's cookies"),
    "cors.preflight-age": Proof("preflight.max_age", "takes days", parameters={"seconds": 999_999}),
    "cors.preflight-changes-nothing": Proof(
        "http.vanish", "the row is gone", match={"operation": "tasks.get"}, parameters={"after_list": False}
    ),
    "cors.stranger": allowing(OTHER, "any origin"),
    "cors.null-origin": allowing("null", "sandboxed frames"),
    "cors.alike-origin": allowing(f"{ORIGIN}.elsewhere.invalid", "only looks like"),
    "cors.star": Proof("cors.origin", "browsers refuse that", parameters={"mode": "wildcard"}),
    "cors.vary": Proof("cors.vary_missing", "Vary does not say so"),
    "cors.exposed": Proof(
        "cors.expose_missing", "sends X-Total-Count, Link", parameters={"headers": ["X-Total-Count", "Link"]}
    ),
    "cors.single": Proof("cors.origin", "2 times", parameters={"mode": "multiple"}),
    "cors.without-origin": Proof(
        "http.abort", "the page's own host", match={"headers": {"Origin": "*"}}, parameters={"status": 403}
    ),
}
