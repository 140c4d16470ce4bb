from __future__ import annotations

from tests.verify.proofs.base import Proof

EVERYWHERE = {"path": "*"}
"""What belongs to no operation is struck by its path alone."""

PROOFS = {
    "errors.unknown-address": Proof("http.wrong_status", "answered with 200", match=EVERYWHERE, parameters={"to": 200}),
    "errors.json": Proof("http.html_error", "asked for JSON", match=EVERYWHERE),
}
