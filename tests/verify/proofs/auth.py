from __future__ import annotations

from tests.verify.proofs.base import Proof

LOGIN = {"operation": "auth.login"}
LOGOUT = {"operation": "auth.logout"}
REFRESH = {"operation": "auth.refresh"}
ME = {"operation": "auth.me"}
OK = {"to": 200}


GONE = {"match": ME, "when": {"state": "out"}, "fault": {"type": "http.abort", "status": 401}}

PROOFS = {
    "auth.needs-session": Proof("http.wrong_status", "where 401 is right", parameters={"to": 403}),
    "auth.challenge": Proof("http.header", "no WWW-Authenticate", parameters={"name": "WWW-Authenticate"}),
    "auth.signs-in": Proof("token.invalid", "does not open", match=LOGIN, parameters={"defect": "signature"}),
    "auth.tells-who": Proof("field.drop", "without the address", match=ME, parameters={"path": "user.email"}),
    "auth.wrong-password": Proof("http.wrong_status", "answered with 200", match=LOGIN, parameters=OK),
    "auth.unknown-user": Proof(
        "http.abort",
        "an unknown address with 404",
        match={**LOGIN, "body": {"email": "nobody-*"}},
        parameters={"status": 404},
    ),
    "auth.timing": Proof(
        "delay.fixed", "so anybody can ask", match={**LOGIN, "body": {"email": "test@*"}}, parameters={"delay": "600ms"}
    ),
    "auth.email-case": Proof("login.fail", "in capital letters is answered with 401", match=LOGIN),
    "auth.garbage-token": Proof("http.wrong_status", "answered with 500", match=ME, parameters={"to": 500}),
    "auth.says-invalid": Proof(
        "http.header", "answered with `Bearer`", parameters={"name": "WWW-Authenticate", "value": "Bearer"}
    ),
    "auth.tampered-token": Proof(
        "http.wrong_status", "one letter changed", dialect="webplus", match=ME, parameters={"to": 200}
    ),
    "auth.unsigned-token": Proof("http.wrong_status", "alg: none", dialect="webplus", match=ME, parameters={"to": 200}),
    "auth.scheme-case": Proof("http.abort", "answered with 401", dialect="webplus", parameters={"status": 401}),
    "auth.told-lifetime": Proof(
        "field.date", "is no instant: no UTC offset", dialect="webplus", match=LOGIN, parameters={"zone": "none"}
    ),
    "auth.password-kept": Proof(
        "field.add",
        "an answer holds user.password",
        match=ME,
        parameters={"path": "user.password", "value": "$argon2id$v=19$m=65536"},
    ),
    "auth.expired": Proof("http.wrong_status", "past its end", match=ME, parameters=OK),
    "auth.refreshes": Proof("refresh.loop", "does not open"),
    "auth.refresh-rotates": Proof("refresh.no_cookie", "the same as before"),
    "auth.refresh-reuse": Proof("http.wrong_status", "works twice", match=REFRESH, parameters=OK),
    "auth.refresh-twice-at-once": Proof("refresh.fail", "answered with 500", parameters={"status": 500}),
    "auth.garbage-refresh": Proof("http.wrong_status", "answered with 500", match=REFRESH, parameters={"to": 500}),
    "auth.access-as-refresh": Proof(
        "http.wrong_status", "where a refresh token is asked for", dialect="webplus", match=REFRESH, parameters=OK
    ),
    "auth.refresh-as-access": Proof(
        "http.wrong_status", "opens what needs an access token", dialect="webplus", match=ME, parameters=OK
    ),
    "auth.logout": Proof("http.abort", "still opens", match=LOGOUT, parameters={"status": 204}),
    "auth.logout-ends-refresh": Proof("http.abort", "still works", match=LOGOUT, parameters={"status": 204}),
    "auth.logout-own": Proof(
        "delay.fixed", "in another", match=LOGOUT, parameters={"delay": "1ms"}, then={"state": "out"}, more=(GONE,)
    ),
    "auth.logout-nobody": Proof("http.abort", "answered with 500", match=LOGOUT, parameters={"status": 500}),
    "auth.taken-address": Proof(
        "http.wrong_status", "registered once more", match={"operation": "auth.register"}, parameters={"to": 201}
    ),
    "auth.weak-password": Proof(
        "http.wrong_status", "is taken (201)", match={"operation": "auth.register"}, parameters={"to": 201}
    ),
    "auth.forgot": Proof(
        "http.abort",
        "otherwise where nobody has the address",
        match={"operation": "auth.forgot", "body": {"email": "nobody-*"}},
        parameters={"status": 404},
    ),
    "auth.token-end": Proof(
        "token.lifetime", "more than a year", dialect="webplus", parameters={"access": "5000d"}, anew=True
    ),
}
