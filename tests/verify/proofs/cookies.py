from __future__ import annotations

from tests.verify.proofs.base import Proof

ME = {"operation": "auth.me"}

PROOFS = {
    "cookies.survives": Proof("cookie.not_set", "keeps none"),
    "cookies.http-only": Proof("cookie.httponly_missing", "no HttpOnly"),
    "cookies.same-site": Proof("cookie.samesite", "no SameSite", parameters={"value": "missing"}),
    "cookies.none-is-secure": Proof(
        "cookie.samesite",
        "SameSite=None and no Secure",
        parameters={"value": "None"},
        more=({"fault": {"type": "cookie.secure", "value": False}},),
    ),
    "cookies.secure": Proof("cookie.secure", "plain http", parameters={"value": False, "name": "auth-token"}),
    "cookies.domain": Proof("cookie.domain", "is meant for api.example.com", parameters={"value": "api.example.com"}),
    "cookies.path": Proof("cookie.path", "their Path is another", parameters={"value": "/elsewhere"}),
    "cookies.size": Proof("cookie.oversize", "browsers keep 4096"),
    "cookies.prefixes": Proof("cookie.prefix_violation", "no Secure, as its name demands"),
    "cookies.once": Proof("cookie.duplicate", "twice"),
    "cookies.well-formed": Proof("cookie.malformed", "has no name"),
    "cookies.lifetime": Proof("cookie.expiry", "lives for 5 s", parameters={"max_age": "5s"}),
    "cookies.cleared": Proof("cookie.not_cleared", "leaves the cookie"),
    "cookies.cleared-alike": Proof(
        "cookie.path",
        "clears auth-token with Path=/elsewhere",
        match={"operation": "auth.logout"},
        parameters={"value": "/elsewhere"},
    ),
    "cookies.garbage": Proof("http.wrong_status", "answered with 500", match=ME, parameters={"to": 500}),
    "cookies.others-beside": Proof("http.abort", "answered with 400", match=ME, parameters={"status": 400}),
    "cookies.fixation": Proof("cookie.not_set", "from elsewhere", match={"operation": "auth.login"}, when={"skip": 1}),
}
