from __future__ import annotations

from tests.verify.proofs.base import EVERYWHERE, Proof

GET, LIST, ME = {"operation": "tasks.get"}, {"operation": "tasks.list"}, {"operation": "auth.me"}
TO = {"to": 200}

PROOFS = {
    "security.others-row": Proof("http.wrong_status", "answered with 200", match=GET, parameters=TO),
    "security.others-list": Proof("", "shows somebody else's row", users="the same"),
    "security.others-change": Proof(
        "http.wrong_status", "answered with 200", match={"operation": "tasks.update"}, parameters=TO
    ),
    "security.others-delete": Proof(
        "http.wrong_status", "answered with 204", match={"operation": "tasks.delete"}, parameters={"to": 204}
    ),
    "security.foreign-owner": Proof("http.wrong_status", "not 403", dialect="taskapp", match=EVERYWHERE, parameters=TO),
    "security.no-session-no-write": Proof(
        "http.wrong_status", "answered with 201", match={"operation": "tasks.create"}, parameters={"to": 201}
    ),
    "security.mass-assignment": Proof(
        "role.changed", "is role='admin'", match=ME, when={"skip": 1}, parameters={"role": "admin"}
    ),
    "security.strangers-form": Proof(
        "http.wrong_status", "with the user's cookies", match={"operation": "tasks.create"}, parameters={"to": 201}
    ),
    "security.login-form": Proof(
        "http.wrong_status", "is taken as JSON", match={"operation": "auth.login"}, parameters=TO
    ),
    "security.login-query": Proof("http.wrong_status", "logs keep it", match=EVERYWHERE, parameters=TO),
    "security.token-in-query": Proof("http.wrong_status", "opens", dialect="webplus", match=ME, parameters=TO),
    "security.method-override": Proof(
        "http.vanish", "deletes the row", match=GET, parameters={"after_list": False}, when={"skip": 2}
    ),
    "security.telltale": Proof(
        "http.header", "what it is made with", parameters={"name": "X-Powered-By", "value": "Express"}
    ),
    "security.html-upload": Proof(
        "http.header",
        "a page of the backend's",
        match={"operation": "uploads.content"},
        parameters={"name": "Content-Disposition"},
    ),
    "security.tampered-cookie": Proof("http.wrong_status", "not 401", match=ME, parameters=TO),
    "security.wrong-current-password": Proof(
        "http.wrong_status", "who does not know it", match={"operation": "auth.change_password"}, parameters=TO
    ),
    "security.change-ends-others": Proof(
        "http.abort", "live on", match={"operation": "auth.change_password"}, parameters={"status": 200}
    ),
    "security.search-is-text": Proof(
        "http.abort", "answered with 500", match={**LIST, "query": {"q": "*'*"}}, parameters={"status": 500}
    ),
}
