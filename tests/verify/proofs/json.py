from __future__ import annotations

from tests.verify.proofs.base import Proof

LIST, GET, CREATE = {"operation": "tasks.list"}, {"operation": "tasks.get"}, {"operation": "tasks.create"}

PROOFS = {
    "json.content-type": Proof("body.content_type", "is called text/plain", parameters={"value": "text/plain"}),
    "json.charset": Proof("body.charset", "JSON is UTF-8"),
    "json.no-bom": Proof("body.bom", "byte order mark"),
    "json.parses": Proof("body.malformed", "is no JSON", parameters={"mode": "trailing"}),
    "json.promised": Proof(
        "field.type", "/data/0/completed", match=LIST, parameters={"path": "data.completed", "to": "string"}
    ),
    "json.row-promised": Proof(
        "field.drop", "tasks.get is not as the contract has it", match=GET, parameters={"path": "priority"}
    ),
    "json.zones": Proof("field.date", "without a zone", parameters={"zone": "none"}),
    "json.instants": Proof("field.date", "no instant of ISO 8601", parameters={"format": "invalid"}),
    "json.exact-numbers": Proof(
        "field.range", "JavaScript reads another", match=LIST, parameters={"path": "total", "value": 9007199254740993}
    ),
    "json.lists": Proof("field.null", "holds no list", match=LIST, parameters={"path": "data"}),
    "json.ids": Proof("array.duplicate_ids", "twice in one answer", match=LIST),
    "json.same-in-list": Proof(
        "field.type",
        "bool in the list and str",
        match=GET,
        parameters={"path": "completed", "to": "string"},
    ),
    "json.unicode": Proof("text", "comes back as another", match=GET, parameters={"path": "title", "kind": "zalgo"}),
    "json.escapes": Proof("text", "comes back as another", match=GET, parameters={"path": "title", "kind": "html"}),
    "json.stored": Proof("http.abort", "what was just made", match=GET, parameters={"status": 404}),
    "json.listed": Proof("array.empty", "on no page", match=LIST),
    "json.deleted": Proof("http.abort", "not 404", match={"operation": "tasks.delete"}, parameters={"status": 204}),
    "json.sent-back": Proof(
        "http.validation",
        "forms do just that",
        match={"operation": "tasks.replace"},
        parameters={"fields": {"title": "No"}},
    ),
    "json.partial": Proof("field.null", "changes priority as well", match=GET, parameters={"path": "priority"}),
}
