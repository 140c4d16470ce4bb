from __future__ import annotations

from tests.verify.proofs.base import Proof

PROOFS = {
    "auth.needs-session": Proof("http.wrong_status", "where 401 is right", parameters={"to": 403}),
    "auth.challenge": Proof("http.header", "no WWW-Authenticate", parameters={"name": "WWW-Authenticate"}),
    "auth.wrong-password": Proof(
        "http.wrong_status", "answered with 200", match={"operation": "auth.login"}, parameters={"to": 200}
    ),
}
