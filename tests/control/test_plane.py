"""The control plane over real sockets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from devkit.control import guard, pages
from devkit.control.table import OPERATIONS, listing
from devkit.errors import OperatorError
from tests.conftest import Client, StartServer

FOREIGN = {"Origin": "http://localhost:3000"}
REGISTRATION = {"firstName": "Ada", "password": "TestPass123!", "confirmPassword": "TestPass123!"}


async def register(client: Client, email: str) -> None:
    assert (await client.send("POST", "/api/auth/register", json={**REGISTRATION, "email": email})).status == 201


def test_every_row_has_a_handler_a_summary_and_a_line_for_each_parameter() -> None:
    for operation in OPERATIONS:
        assert (operation.handler is None) != (operation.stream is None)
        assert operation.summary
        assert operation.path.startswith("/_devkit/")
        assert set(operation.in_path) <= {parameter.name for parameter in operation.parameters}
        assert all(parameter.summary for parameter in operation.parameters)


async def test_the_listing_names_every_row(client: Client) -> None:
    answer = await client.send("GET", "/_devkit/api")
    assert answer.json == {"data": listing()}
    assert {row["id"] for row in answer.json["data"]} == set(OPERATIONS.names())


async def test_every_read_without_parameters_in_its_path_answers_with_json(client: Client) -> None:
    for operation in OPERATIONS:
        is_json = operation.stream is None and operation.id != "fleet.metrics"
        if operation.method == "GET" and not operation.in_path and is_json:
            answer = await client.send("GET", operation.path)
            assert answer.status == 200, operation.id
            assert answer.json is not None


async def test_status_tells_of_server_and_sandbox(client: Client) -> None:
    status = (await client.send("GET", "/_devkit/api/status")).json
    assert status["url"] == client.url
    assert status["sandbox"] == "main"
    assert status["database"] == "memory"
    assert status["dialects"] == [dialect.name for dialect in client.app.dialects]
    assert status["counts"]["tasks"] >= 57
    assert status["counts"]["sockets"] == 0
    assert status["seed"] == {"number": 1, "stale": False}
    assert status["test_user"]["email"] == "test@example.com"


async def test_status_names_everybody_who_can_sign_in(client: Client) -> None:
    users = (await client.send("GET", "/_devkit/api/status")).json["test_users"]
    assert [user["email"].partition("@")[0] for user in users] == ["test", "unverified", "admin", "empty", "other"]
    assert [user["email"] for user in users if user["role"] == "admin"] == ["admin@example.com"]
    for user in users:
        login = {"email": user["email"], "password": user["password"]}
        assert (await client.send("POST", "/api/auth/login", json=login)).status == (200 if user["verified"] else 403)


async def test_status_names_the_file_of_a_database_on_disk(start: StartServer, tmp_path: Path) -> None:
    async with start(memory=False) as client:
        status = (await client.send("GET", "/_devkit/api/status")).json
    assert status["database"].startswith(str(tmp_path))


async def test_reset_returns_to_the_seed(client: Client) -> None:
    await register(client, "ada@example.com")
    before = (await client.send("GET", "/_devkit/api/status")).json["counts"]
    answer = await client.send("POST", "/_devkit/api/reset")
    assert answer.status == 200
    assert answer.json["seconds"] < 5
    after = (await client.send("GET", "/_devkit/api/status")).json["counts"]
    assert after["users"] == before["users"] - 1
    assert after["mails"] == 0


async def test_mails_are_listed_newest_first_and_can_be_filtered_and_deleted(client: Client) -> None:
    for email in ("ada@example.com", "grace@example.com"):
        await register(client, email)
    found = (await client.send("GET", "/_devkit/api/mail")).json
    assert [mail["to"] for mail in found["data"]] == ["grace@example.com", "ada@example.com"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found["data"][0]["sent_at"])
    one = (await client.send("GET", "/_devkit/api/mail?to=ADA@example.com&limit=1")).json
    assert (one["total"], one["data"][0]["to"]) == (1, "ada@example.com")
    shown = await client.send("GET", f"/_devkit/api/mail/{one['data'][0]['id']}")
    assert shown.json == one["data"][0]
    assert (await client.send("DELETE", "/_devkit/api/mail")).json["deleted"] == 2
    assert (await client.send("GET", "/_devkit/api/mail")).json == {"data": [], "total": 0}
    assert (await client.send("GET", f"/_devkit/api/mail/{shown.json['id']}")).status == 404


async def test_the_journal_can_be_read_from_a_number_on_and_filtered(client: Client) -> None:
    await client.send("GET", "/api/health")
    await client.send("GET", "/api/nothing")
    await register(client, "ada@example.com")
    found = (await client.send("GET", "/_devkit/api/journal")).json
    assert [entry["type"] for entry in found["data"]] == ["request", "mail", "request", "request"]
    assert found["data"][0]["number"] == found["newest"]
    assert found["data"][0]["at"].endswith("Z")
    later = (await client.send("GET", f"/_devkit/api/journal?after={found['newest'] - 1}")).json
    assert [entry["operation"] for entry in later["data"]] == ["auth.register"]
    lost = (await client.send("GET", "/_devkit/api/journal?status=4xx")).json["data"]
    assert [entry["path"] for entry in lost] == ["/api/nothing"]
    health = (await client.send("GET", "/_devkit/api/journal?operation=health.get&status=200")).json["data"]
    assert len(health) == 1
    assert (await client.send("GET", "/_devkit/api/journal?status=lots")).status == 400


async def test_control_calls_leave_no_trace_in_the_journal(client: Client) -> None:
    await client.send("GET", "/_devkit/api/status")
    assert len(client.sandbox.journal) == 0


async def test_the_document_can_be_had_for_one_dialect(client: Client) -> None:
    everything = (await client.send("GET", "/_devkit/openapi.json")).json
    assert everything["openapi"] == "3.1.0"
    one = (await client.send("GET", "/_devkit/openapi.json?dialect=agreed")).json
    assert "/api/tasks" in one["paths"]
    wrong = await client.send("GET", "/_devkit/openapi.json?dialect=agred")
    assert wrong.status == 404
    assert "agreed" in wrong.json["message"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/_devkit/api/nothing", 404, "not_found"),
        ("GET", "/_devkit/panel/../api.js", 404, "not_found"),
        ("GET", "/_devkit/panel/..%2f..%2fconfig.py", 404, "not_found"),
        ("GET", "/_devkit/panel/swagger-ui.js", 404, "not_found"),
        ("GET", "/_devkitten", 404, "not_found"),
        ("GET", "/_devkit/api/mail/unknown", 404, "not_found"),
        ("PUT", "/_devkit/api/mail", 405, "method_not_allowed"),
        ("OPTIONS", "/_devkit/api/reset", 405, "method_not_allowed"),
        ("POST", "/_devkit/", 405, "method_not_allowed"),
        ("GET", "/_devkit/api/mail?limit=0", 400, "validation_error"),
        ("GET", "/_devkit/api/mail?limit=abc", 400, "validation_error"),
        ("GET", "/_devkit/api/mail?limit=99999999999999999999", 400, "validation_error"),
        ("GET", "/_devkit/api/mail?form=x", 400, "validation_error"),
    ],
)
async def test_errors_are_json_with_code_and_message(
    client: Client, method: str, path: str, status: int, code: str
) -> None:
    from yarl import URL

    answer = await client.send(method, URL(client.url + path, encoded=True))  # type: ignore[arg-type]  # as it stands
    assert answer.status == status
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json["error"] == code
    assert answer.json["message"]


async def test_a_wrong_method_is_told_the_right_ones(client: Client) -> None:
    answer = await client.send("PUT", "/_devkit/api/mail")
    assert answer.headers["Allow"] == "DELETE, GET, HEAD"


async def test_all_bad_parameters_are_named_at_once(client: Client) -> None:
    answer = await client.send("GET", "/_devkit/api/journal?limit=x&after=-1&stats=4xx")
    assert set(answer.json["details"]) == {"limit", "after", "stats"}
    assert "status" in answer.json["details"]["stats"]


@pytest.mark.parametrize(
    "headers", [FOREIGN, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}]
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/_devkit/api/reset"), ("DELETE", "/_devkit/api/mail")])
async def test_pages_of_other_origins_change_nothing(
    client: Client, method: str, path: str, headers: dict[str, str]
) -> None:
    await register(client, "ada@example.com")
    answer = await client.send(method, path, headers=headers)
    assert answer.status == 403
    assert answer.json["error"] == "cross_site"
    assert (await client.send("GET", "/_devkit/api/mail")).json["total"] == 1


async def test_our_own_pages_may_reset(client: Client) -> None:
    headers = {"Origin": client.url, "Sec-Fetch-Site": "same-origin"}
    assert (await client.send("POST", "/_devkit/api/reset", headers=headers)).status == 200


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize("path", ["/_devkit/api/status", "/_devkit/api/reset", "/_devkit/", "/_devkit/nothing"])
async def test_no_answer_carries_cors_headers(client: Client, method: str, path: str) -> None:
    headers = {**FOREIGN, "Access-Control-Request-Method": "POST"}
    answer = await client.send(method, path, headers=headers)
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


async def test_a_foreign_host_name_is_refused_everywhere(client: Client) -> None:
    for path in ("/_devkit/api/status", "/api/health"):
        answer = await client.send("GET", path, headers={"Host": "evil.example"})
        assert answer.status in {403, 421}
        assert "allowed_hosts" in answer.json["message"]


async def test_other_machines_need_the_token(start: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    async with start(host="0.0.0.0") as client:
        assert (await client.send("GET", "/_devkit/api/status")).status == 200
        monkeypatch.setattr(guard, "token_needed", lambda peer, settings: True)
        refused = await client.send("GET", "/_devkit/api/status")
        assert (refused.status, refused.json["error"]) == (401, "control_token_required")
        wrong = await client.send("POST", "/_devkit/api/reset", headers={guard.TOKEN_HEADER: "x"})
        assert wrong.status == 401
        token = client.app.control.token
        right = await client.send("GET", "/_devkit/api/status", headers={guard.TOKEN_HEADER: token})
        assert right.status == 200
        assert (await client.send("GET", "/_devkit/")).status == 200


async def test_on_loopback_there_is_no_token(client: Client) -> None:
    assert client.app.control.token is None


async def test_a_handler_that_fails_shows_no_stack_trace(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail() -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(client.sandbox, "reset", fail)
    answer = await client.send("POST", "/_devkit/api/reset")
    assert (answer.status, answer.json["error"]) == (500, "internal_error")
    assert b"secret" not in answer.body


async def test_every_file_of_the_pages_is_there(client: Client) -> None:
    for path, file in pages.files().items():
        answer = await client.send("GET", path)
        assert answer.status == 200, path
        assert answer.headers["Content-Type"].startswith(file.content_type)


def test_every_file_of_the_panel_is_served() -> None:
    served = {file.path.name for file in pages.files().values()}
    folder = Path(pages.__file__).parent.parent / "panel"
    assert {path.name for path in folder.rglob("*") if path.is_file()} <= served


async def test_pages_allow_no_inline_script_and_no_frame_around_them(client: Client) -> None:
    for path in ("/_devkit/", "/_devkit/docs"):
        answer = await client.send("GET", path)
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert not re.search(rb"<script(?![^>]*src=)|<style|\son\w+=", answer.body)
        assert b"http://" not in answer.body
        assert b"https://" not in answer.body


async def test_the_address_without_a_slash_leads_to_the_page(client: Client) -> None:
    answer = await client.send("GET", "/_devkit?devkit_sandbox=main", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (308, "/_devkit/?devkit_sandbox=main")


def test_a_state_folder_that_cannot_be_written_is_an_operators_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OperatorError, match="control token"):
        guard.project_token(tmp_path / "file")
