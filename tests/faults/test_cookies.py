"""The `Set-Cookie` lines; which cookies a browser keeps is shown in tests/browser/test_cors_faults.py."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from devkit.faults.registry import fault_of
from tests.conftest import EMAIL, PASSWORD, Answer, Client
from tests.faults.conftest import Break


async def log_in(client: Client) -> Answer:
    answer = await client.send("POST", "/api/auth/login", json={"email": EMAIL, "password": PASSWORD})
    assert answer.status == 200
    return answer


def attributes(answer: Answer, name: str = "auth-token") -> list[str]:
    """What stands behind `name=value`."""
    (line,) = [line for line in answer.set_cookies if line.startswith(f"{name}=")]
    return line.split("; ")[1:]


AS_AGREED = ["Path=/", "Max-Age=86400", "HttpOnly", "Secure", "SameSite=Lax"]


@pytest.mark.parametrize(
    ("kind", "parameters", "expected"),
    [
        ("cookie.samesite", {"value": "None"}, ["Path=/", "Max-Age=86400", "HttpOnly", "Secure", "SameSite=None"]),
        ("cookie.samesite", {"value": "missing"}, ["Path=/", "Max-Age=86400", "HttpOnly", "Secure"]),
        ("cookie.secure", {"value": False}, ["Path=/", "Max-Age=86400", "HttpOnly", "SameSite=Lax"]),
        ("cookie.httponly_missing", {}, ["Path=/", "Max-Age=86400", "Secure", "SameSite=Lax"]),
        ("cookie.domain", {"value": "api.example.com"}, [*AS_AGREED, "Domain=api.example.com"]),
        ("cookie.path", {"value": "/elsewhere"}, [*AS_AGREED[1:], "Path=/elsewhere"]),
        ("cookie.expiry", {"max_age": "5s"}, ["Path=/", "HttpOnly", "Secure", "SameSite=Lax", "Max-Age=5"]),
    ],
)
async def test_a_cookie_has_other_attributes(
    signed_in: Client, breaks: Break, kind: str, parameters: dict[str, Any], expected: list[str]
) -> None:
    await breaks(kind, **parameters, name="auth-token")
    answer = await log_in(signed_in)
    assert attributes(answer) == expected
    assert "Path=/api/auth" in attributes(answer, "refresh-token")
    await signed_in.sandbox.engine.off("broken")
    assert attributes(await log_in(signed_in)) == AS_AGREED


async def test_a_login_sets_no_cookie_but_a_logout_clears(signed_in: Client, breaks: Break) -> None:
    await breaks("cookie.not_set")
    assert (await log_in(signed_in)).set_cookies == []
    assert len((await signed_in.send("POST", "/api/auth/logout")).set_cookies) == 2


async def test_one_cookie_is_chosen_by_name(signed_in: Client, breaks: Break) -> None:
    await breaks("cookie.not_set", name="refresh-token")
    assert set((await log_in(signed_in)).cookies) == {"auth-token"}


async def test_a_logout_does_not_clear_the_cookies(signed_in: Client, breaks: Break) -> None:
    await breaks("cookie.not_cleared")
    assert len((await log_in(signed_in)).set_cookies) == 2
    answer = await signed_in.send("POST", "/api/auth/logout")
    assert (answer.status, answer.set_cookies) == (204, [])


async def test_a_cookie_is_larger_than_browsers_keep(signed_in: Client, breaks: Break) -> None:
    await breaks("cookie.oversize")
    answer = await log_in(signed_in)
    assert len("auth-token" + answer.cookies["auth-token"]) == 4097
    assert attributes(answer) == AS_AGREED


async def test_a_cookie_line_has_no_equals_sign(signed_in: Client, breaks: Break) -> None:
    await breaks("cookie.malformed")
    line = (await log_in(signed_in)).set_cookies[0]
    assert line.startswith("auth-token ey")
    assert "=" not in line.split(";")[0]


async def test_only_what_sets_cookies_is_struck(signed_in: Client, breaks: Break) -> None:
    await breaks("cookie.not_set")
    assert "X-Devkit-Fault" not in (await signed_in.send("GET", "/api/tasks")).headers


@pytest.mark.parametrize("value", ["/; Secure", "/\r\nX: y", ""])
def test_a_value_cannot_end_the_attribute(value: str) -> None:
    with pytest.raises(ValidationError):
        fault_of({"type": "cookie.path", "value": value})


async def test_a_partitioned_cookie_says_all_that_it_takes(signed_in: Client, breaks: Break) -> None:
    await breaks("cookie.partitioned", name="auth-token")
    assert set(attributes(await log_in(signed_in))) >= {"Partitioned", "Secure", "SameSite=None"}


async def test_a_host_cookie_that_is_not_secure_breaks_its_own_prefix(signed_in: Client, breaks: Break) -> None:
    """RFC 6265bis, section 4.1.3.2: such a cookie is Secure."""
    await breaks("cookie.prefix_violation", name="auth-token")
    answer = await log_in(signed_in)
    assert "Secure" not in attributes(answer, "__Host-auth-token")
    assert "auth-token" not in answer.cookies


async def test_a_cookie_that_is_set_twice_is_read_by_its_longer_path(signed_in: Client, breaks: Break) -> None:
    await breaks("cookie.duplicate", name="auth-token", path="/api")
    lines = [line for line in (await log_in(signed_in)).set_cookies if line.startswith("auth-token=")]
    assert [("stale" in line, "Path=/api" in line) for line in lines] == [(False, False), (True, True)]
    await signed_in.sandbox.engine.off("broken")
    good = lines[0].partition(";")[0]
    # As a browser sends them: the longer path first (RFC 6265, section 5.4).
    both = {"Cookie": f"auth-token=stale; {good}", "Authorization": ""}
    assert (await signed_in.send("GET", "/api/auth/me", headers=both)).status == 401
