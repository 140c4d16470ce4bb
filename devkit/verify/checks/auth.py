"""Signing in, and what a session opens."""

from __future__ import annotations

import base64
from typing import Any

import orjson

from devkit.contract.operations import Need
from devkit.dialects.base import Route
from devkit.effects import machine_now, parse_instant, stopwatch
from devkit.verify.base import Check
from devkit.verify.case import Case
from devkit.verify.exchange import Answer
from devkit.verify.verdicts import expect, fail, skip, unclear
from devkit.verify.visitor import leaves

WRONG = "Not-The-Password-1!"
_ROUNDS = 4
_FACTOR, _NOTICED = 3.0, 0.05
"""How many times as long, and how many seconds longer at least, one of two answers takes that can be told apart."""


def claims_of(token: str) -> dict[str, Any] | None:
    """What a JWT says (RFC 7519); None where it is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        told = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


async def needs_session(case: Case) -> None:
    for route in case.target.private[:5]:
        answer = await case.visitor().call(route)
        expect(
            answer.status == 401,
            f"{route.method} {route.path} without a session is answered with {answer.status} where 401 is right",
        )


async def challenge(case: Case) -> None:
    answer = await case.visitor().call(case.private)
    if answer.status != 401:
        skip(f"without a session {answer.status} comes and not 401")
    expect(answer.get("WWW-Authenticate"), "the 401 has no WWW-Authenticate")


async def signs_in(case: Case) -> None:
    visitor = await case.fresh()
    expect(await visitor.is_signed_in(), "what the sign-in hands out does not open what needs a session")


async def tells_who(case: Case) -> None:
    email = case.world.accounts[0].email
    visitor = await case.signed_in()
    answer = await visitor.call(case.route(Need.USER, lambda route: _only_tells(case, route)))
    texts = {leaf.value.lower() for leaf in leaves(answer.json)}
    expect(email.lower() in texts, f"who is signed in is told without the address {email}")


def _only_tells(case: Case, route: Route) -> bool:
    """Whether it is read just so, and hands out no tokens."""
    return route in (*case.target.private, *case.target.public) and Need.TOKENS not in case.target.needs_of(route)


async def _refused(case: Case, email: str, password: str = WRONG) -> Answer:
    return await case.visitor().call(case.route(Need.LOGIN), {"email": email, "password": password})


async def wrong_password(case: Case) -> None:
    answer = await _refused(case, case.world.accounts[0].email)
    expect(400 <= answer.status < 500, f"a wrong password is answered with {answer.status} where 401 is right")


def nobody(case: Case) -> str:
    """An address that nobody has."""
    case.world.number += 1
    return f"nobody-{machine_now()}-{case.world.number}@example.com"


def shape_of(value: Any) -> Any:
    """A body without what is another each time: ids, instants, texts that hold a digit."""
    if isinstance(value, dict):
        return {name: shape_of(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape_of(inner) for inner in value]
    return "…" if isinstance(value, str) and any(letter.isdigit() for letter in value) else value


async def unknown_user(case: Case) -> None:
    wrong = await _refused(case, case.world.accounts[0].email)
    unknown = await _refused(case, nobody(case))
    expect(
        wrong.status == unknown.status,
        f"a wrong password is answered with {wrong.status}, an unknown address with {unknown.status}: "
        "so anybody can ask who has an account",
    )
    expect(
        shape_of(wrong.json) == shape_of(unknown.json),
        "the bodies tell a wrong password from an unknown address: so anybody can ask who has an account",
    )


async def timing(case: Case) -> None:
    email, took = case.world.accounts[0].email, {"wrong": 9e9, "unknown": 9e9}
    for _ in range(_ROUNDS):
        for kind, who in (("wrong", email), ("unknown", nobody(case))):
            began = stopwatch()
            answer = await _refused(case, who)
            if answer.status == 429:
                unclear("the backend limits how often one may try: there is nothing to compare")
            took[kind] = min(took[kind], stopwatch() - began)
    slow, fast = max(took.values()), min(took.values())
    told = f"a wrong password takes {took['wrong'] * 1000:.0f} ms, an unknown address {took['unknown'] * 1000:.0f} ms"
    expect(slow < fast * _FACTOR or slow - fast < _NOTICED, f"{told}: so anybody can ask who has an account")


async def email_case(case: Case) -> None:
    account = case.world.accounts[0]
    answer = await _refused(case, account.email.upper(), account.password)
    expect(answer.ok, f"the address in capital letters is answered with {answer.status}: phones write it so")


async def _with(case: Case, authorization: str) -> Answer:
    return await case.visitor().call(case.private, headers={"Authorization": authorization})


async def garbage_token(case: Case) -> None:
    for garbage in ("Bearer nonsense", "Bearer a.b.c", "Bearer", "Basic dGVzdDp0ZXN0", "nonsense"):
        answer = await _with(case, garbage)
        expect(answer.status == 401, f"`Authorization: {garbage}` is answered with {answer.status} where 401 is right")


async def says_invalid(case: Case) -> None:
    answer = await _with(case, "Bearer nonsense-nonsense-nonsense")
    told = answer.get("WWW-Authenticate") or ""
    expect("invalid_token" in told, f"a bad token is answered with `{told or 'no WWW-Authenticate'}`")


def token_of(case: Case) -> str:
    """The access token of the run's session. Skips where there is none to be had."""
    session = case.world.session
    token = session.token if session is not None else ""
    return token or skip("the page holds no token: a cookie carries the session")


async def tampered_token(case: Case) -> None:
    token = token_of(case)
    middle = len(token) // 2 if "." not in token else token.rindex(".") + 5
    other = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    answer = await _with(case, f"Bearer {other}")
    expect(answer.status == 401, f"a token with one letter changed is answered with {answer.status}, not 401")


async def unsigned_token(case: Case) -> None:
    token = token_of(case)
    if claims_of(token) is None:
        skip("the token is no JWT")
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    answer = await _with(case, f"Bearer {head}.{token.split('.')[1]}.")
    expect(answer.status == 401, f"a token that says `alg: none` and is not signed is answered with {answer.status}")


async def scheme_case(case: Case) -> None:
    answer = await _with(case, f"bearer {token_of(case)}")
    expect(answer.ok, f"`bearer` in small letters is answered with {answer.status}")


async def token_end(case: Case) -> None:
    claims = claims_of(token_of(case))
    if claims is None:
        skip("the token is no JWT")
    now = machine_now() / 1000
    expect(isinstance(claims.get("exp"), int | float), "the token has no `exp`: it never ends")
    end = float(claims["exp"])
    expect(end > now, "the token that was just handed out has ended already: one of the two clocks is wrong")
    expect(end < now + 400 * 86_400, "the token is good for more than a year")


async def told_lifetime(case: Case) -> None:
    visitor = await case.fresh()
    answer = next(one.answer for one in case.exchanges if one.answer is not None)
    claims, body = claims_of(visitor.token), answer.json if isinstance(answer.json, dict) else {}
    if claims is None or "exp" not in claims:
        skip("the token is no JWT with an end")
    real = claims["exp"]
    if isinstance(body.get("expires_in"), int | float):
        told = machine_now() / 1000 + body["expires_in"]
    elif isinstance(body.get("expires_at"), str):
        try:
            told = parse_instant(body["expires_at"]) / 1000
        except ValueError as error:
            fail(f"`expires_at` is no instant: {error}")
    else:
        skip("the answer does not tell how long the token lives")
    expect(abs(told - real) < 60, f"the answer says that the token ends {abs(told - real):.0f} s from when it does")


async def password_kept(case: Case) -> None:
    account, visitor = case.world.accounts[0], await case.fresh()
    for route in case.target.meeting(Need.USER, lambda route: _only_tells(case, route)):
        await visitor.call(route)
    for exchange in case.exchanges:
        if exchange.answer is None:
            continue
        names = {leaf.place.lower() for leaf in leaves(exchange.answer.json)}
        shown = account.password.encode() in exchange.answer.content
        expect(not shown, "an answer repeats the password")
        hashed = [name for name in names if "password" in name and ("hash" in name or name.endswith("password"))]
        expect(not hashed, f"an answer holds {', '.join(hashed)}")


async def expired(case: Case) -> None:
    visitor = await case.fresh()
    if not visitor.token and visitor.by_cookie is False:
        skip("there is no access token")
    await case.arrange("time-passed", seconds=case.target.dialect.access_lifetime + 60)
    answer = await visitor.call(case.private)
    expect(answer.status == 401, f"an access token past its end is answered with {answer.status} where 401 is right")


_LOGIN: dict[str, Any] = {"needs": (Need.LOGIN,), "signed_in": True}

CHECKS = (
    Check(
        id="auth.needs-session",
        asks="Is what needs a session refused with 401 where there is none?",
        why="RFC 9110, section 15.5.2",
        needs=(Need.SESSION,),
        run=needs_session,
    ),
    Check(
        id="auth.challenge",
        asks="Does a 401 say how to authenticate?",
        why="RFC 9110, section 11.6.1: a 401 has WWW-Authenticate",
        needs=(Need.SESSION,),
        run=challenge,
    ),
    Check(
        id="auth.signs-in",
        asks="Does what a sign-in hands out open what needs a session?",
        why="the contract's sign-in",
        run=signs_in,
        **_LOGIN,
    ),
    Check(
        id="auth.tells-who",
        asks="Is the address of who is signed in told?",
        why="the contract's user",
        needs=(Need.USER,),
        signed_in=True,
        run=tells_who,
    ),
    Check(
        id="auth.wrong-password",
        asks="Is a wrong password refused?",
        why="the contract's `invalid_credentials`",
        run=wrong_password,
        **_LOGIN,
    ),
    Check(
        id="auth.unknown-user",
        asks="Are a wrong password and an unknown address answered alike?",
        why="OWASP ASVS 5.0, 6.3.8",
        run=unknown_user,
        **_LOGIN,
    ),
    Check(
        id="auth.timing",
        asks="Do both take about as long?",
        why="OWASP ASVS 5.0, 6.3.8",
        alone=True,
        run=timing,
        **_LOGIN,
    ),
    Check(
        id="auth.email-case",
        asks="May the address be written in capital letters?",
        why="the contract: addresses are unique without regard to case",
        run=email_case,
        **_LOGIN,
    ),
    Check(
        id="auth.garbage-token",
        asks="Is every Authorization that is no good answered with 401?",
        why="RFC 6750, section 3.1",
        needs=(Need.SESSION,),
        signed_in=True,
        run=garbage_token,
    ),
    Check(
        id="auth.says-invalid",
        asks="Is a bad token told from none?",
        why='RFC 6750, section 3.1: error="invalid_token"',
        needs=(Need.SESSION,),
        signed_in=True,
        run=says_invalid,
    ),
    Check(
        id="auth.tampered-token",
        asks="Is a token refused of which one letter was changed?",
        why="RFC 7515, section 5.2",
        signed_in=True,
        run=tampered_token,
    ),
    Check(
        id="auth.unsigned-token",
        asks="Is a token refused that says it needs no signature?",
        why="RFC 8725, section 3.1",
        signed_in=True,
        run=unsigned_token,
    ),
    Check(
        id="auth.scheme-case",
        asks="May the scheme be written in small letters?",
        why="RFC 9110, section 11.1: schemes are case-insensitive",
        signed_in=True,
        run=scheme_case,
    ),
    Check(
        id="auth.token-end",
        asks="Does the token end, and not yet?",
        why="RFC 7519, section 4.1.4",
        signed_in=True,
        run=token_end,
    ),
    Check(
        id="auth.told-lifetime",
        asks="Does the token end when the answer says so?",
        why="RFC 6749, section 5.1: expires_in",
        run=told_lifetime,
        **_LOGIN,
    ),
    Check(
        id="auth.password-kept",
        asks="Is the password in no answer, nor a hash of it?",
        why="OWASP API3:2023",
        run=password_kept,
        **_LOGIN,
    ),
    Check(
        id="auth.expired",
        asks="Is an access token refused after its end?",
        why="RFC 6750, section 3.1",
        state="time-passed",
        run=expired,
        **_LOGIN,
    ),
)
