from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client
from tests.faults.conftest import Break


@pytest.mark.parametrize(
    ("kind", "parameters", "status", "title"),
    [
        ("http.maintenance", {"retry_after": 30}, 503, "Down for maintenance"),
        ("http.html_error", {"status": 502}, 502, "502 Bad Gateway"),
        ("http.html_error", {"status": 599}, 599, "599 Error"),
        ("http.login_html", {}, 200, "Sign in"),
    ],
)
async def test_a_page_comes_where_json_was_expected(
    signed_in: Client, breaks: Break, kind: str, parameters: dict[str, Any], status: int, title: str
) -> None:
    await breaks(kind, **parameters)
    answer = await signed_in.send("GET", "/api/tasks", headers={"Origin": "http://localhost:3000"})
    assert answer.status == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert f"<title>{title}</title>" in answer.body.decode()
    assert answer.headers.get("Retry-After") == ("30" if kind == "http.maintenance" else None)
    # A page that a script of another origin may not even read would be another fault: cors.missing_on_errors.
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    with pytest.raises(ValueError, match="Expecting value"):
        _ = answer.json
    await signed_in.sandbox.engine.off("broken")
    assert (await signed_in.send("GET", "/api/tasks")).json["total"] == 57
