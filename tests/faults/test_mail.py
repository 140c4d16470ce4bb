from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from devkit.effects import MINUTE, SECOND
from devkit.journal import MailEntry
from tests.conftest import EMAIL, Answer, Client, StartServer
from tests.faults.conftest import Break, scenario
from tests.faults.test_auth import heal, told

NEW = {"email": "new@example.com", "password": "TestPass123!", "confirmPassword": "TestPass123!"}


async def register(client: Client, **changes: Any) -> Answer:
    return await client.send("POST", "/api/auth/register", json=NEW | changes)


async def mailbox(client: Client, to: str = "new@example.com") -> list[dict[str, Any]]:
    """What the control API shows, newest first."""
    headers = {"Authorization": ""}
    answer = await client.send("GET", "/_devkit/api/mail", params={"to": to}, headers=headers)
    assert answer.json["total"] == len(answer.json["data"])
    return list(answer.json["data"])


def token_in(mail: dict[str, Any]) -> str:
    link: str = mail["link"]
    return parse_qs(urlsplit(link).query)["token"][0]


def noted(client: Client) -> list[MailEntry]:
    return [entry for entry in client.sandbox.journal if isinstance(entry, MailEntry)]


@pytest.mark.parametrize(("state", "error"), [("expired", (410, "token_expired")), ("used", (400, "token_invalid"))])
async def test_the_verification_link_does_not_work(
    client: Client, breaks: Break, state: str, error: tuple[int, str]
) -> None:
    await client.sign_out_locally()
    await breaks("verify.link", state=state, when={"times": 1})
    await register(client)
    token = token_in((await mailbox(client))[0])
    assert told(await client.send("GET", "/api/auth/verify", params={"token": token})) == error
    # It is over for good, and the address is not verified; a new mail helps.
    assert told(await client.send("GET", "/api/auth/verify", params={"token": token})) == error
    login = {"email": NEW["email"], "password": NEW["password"]}
    assert told(await client.send("POST", "/api/auth/login", json=login)) == (403, "email_not_verified")
    await client.send("POST", "/api/auth/resend-verification", json={"email": NEW["email"]})
    token = token_in((await mailbox(client))[0])
    assert (await client.send("GET", "/api/auth/verify", params={"token": token})).status == 200
    assert (await client.send("POST", "/api/auth/login", json=login)).status == 200


@pytest.mark.parametrize(("state", "error"), [("expired", (410, "token_expired")), ("used", (400, "token_invalid"))])
async def test_the_reset_link_does_not_work(client: Client, breaks: Break, state: str, error: tuple[int, str]) -> None:
    await client.sign_out_locally()
    await breaks("reset.link", state=state)
    changed = {"password": "Another123!", "confirmPassword": "Another123!"}

    async def reset() -> Answer:
        await client.send("POST", "/api/auth/forgot", json={"email": EMAIL})
        token = token_in((await mailbox(client, EMAIL))[0])
        return await client.send("POST", "/api/auth/reset", json={"token": token, **changed})

    assert told(await reset()) == error
    await client.sign_in()
    await heal(client)
    assert (await reset()).status == 200


async def test_a_late_mail_comes_when_the_sandboxs_clock_says_so(client: Client, breaks: Break) -> None:
    await breaks("mail", mode="delay", delay="5m")
    assert (await register(client)).status == 201
    assert await mailbox(client) == []
    client.sandbox.clock.advance(5 * MINUTE - 10 * SECOND)
    assert await mailbox(client) == []
    client.sandbox.clock.advance(10 * SECOND)
    (mail,) = await mailbox(client)
    assert "due_at" not in mail
    (entry,) = noted(client)
    assert entry.delivered == (entry.at + 5 * MINUTE,) or entry.delivered[0] - entry.at < 5 * MINUTE + SECOND
    assert [fault.kind for fault in entry.faults] == ["mail"]
    assert (await client.send("GET", "/api/auth/verify", params={"token": token_in(mail)})).status == 200


async def test_a_late_mail_is_not_shown_by_its_id_either(client: Client, breaks: Break) -> None:
    await breaks("mail", mode="delay")
    await register(client)
    path = f"/_devkit/api/mail/{noted(client)[0].mail_id}"
    assert (await client.send("GET", path)).status == 404
    client.sandbox.clock.advance(MINUTE)
    assert (await client.send("GET", path)).status == 200


async def test_a_dropped_mail_never_comes_and_nobody_is_told(client: Client, breaks: Break) -> None:
    await breaks("mail", mode="drop")
    answer = await register(client)
    assert (answer.status, answer.json["message"]) == (201, "Registration successful. Verification email sent.")
    client.sandbox.clock.advance(60 * MINUTE)
    assert await mailbox(client) == []
    assert noted(client)[0].delivered == ()
    await heal(client)
    await client.send("POST", "/api/auth/resend-verification", json={"email": NEW["email"]})
    assert len(await mailbox(client)) == 1


async def test_a_late_mail_survives_a_restart(start: StartServer) -> None:
    late = scenario({"fault": {"type": "mail", "mode": "delay", "delay": "5m"}})
    async with start(memory=False) as client:
        await client.sandbox.engine.use(late)
        await register(client)
    async with start(memory=False) as client:
        assert await mailbox(client) == []
        client.sandbox.clock.advance(5 * MINUTE)
        assert len(await mailbox(client)) == 1


async def test_a_mail_comes_twice(client: Client, breaks: Break) -> None:
    await breaks("mail", mode="duplicate")
    await register(client)
    first, second = await mailbox(client)
    assert first["id"] != second["id"]
    assert first["link"] == second["link"]
    token = token_in(first)
    assert (await client.send("GET", "/api/auth/verify", params={"token": token})).status == 200
    assert told(await client.send("GET", "/api/auth/verify", params={"token": token})) == (400, "token_invalid")


async def test_only_mails_that_match_are_struck(client: Client, breaks: Break) -> None:
    await breaks("mail", mode="drop", match={"operation": "auth.forgot"})
    await register(client)
    assert len(await mailbox(client)) == 1
    await breaks("mail", mode="drop", match={"user": "other@*"})
    await register(client, email="another@example.com")
    assert len(await mailbox(client, "another@example.com")) == 1
    await breaks("mail", mode="drop", match={"body": {"kind": "verify"}, "headers": {"x-client": "a"}})
    await client.send("POST", "/api/auth/register", json=NEW | {"email": "a@example.com"}, headers={"X-Client": "a"})
    await client.send("POST", "/api/auth/register", json=NEW | {"email": "b@example.com"}, headers={"X-Client": "b"})
    assert [len(await mailbox(client, f"{name}@example.com")) for name in "ab"] == [0, 1]


async def test_a_request_can_bring_its_own_mail_fault(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = scenario({"fault": {"type": "mail", "mode": "drop"}}, name="lost-mail")
    monkeypatch.setattr(client.app.library, "get", {"lost-mail": lost}.get)
    headers = {"X-Devkit-Scenario": "lost-mail"}
    await client.send("POST", "/api/auth/register", json=NEW, headers=headers)
    assert await mailbox(client) == []
    # The next one on the same connection brings none.
    await register(client, email="next@example.com")
    assert len(await mailbox(client, "next@example.com")) == 1


async def test_a_dropped_mail_has_no_delay(client: Client, breaks: Break) -> None:
    with pytest.raises(ValueError, match="no `delay`"):
        await breaks("mail", mode="drop", delay="1s")
