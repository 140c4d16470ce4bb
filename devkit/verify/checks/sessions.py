"""How sessions go on and end: refresh, logout."""

from __future__ import annotations

import asyncio
from typing import Any

from devkit.contract.operations import Need
from devkit.verify.base import Check
from devkit.verify.case import Case
from devkit.verify.checks.auth import nobody, shape_of
from devkit.verify.entering import registered
from devkit.verify.verdicts import expect, skip
from devkit.verify.visitor import Visitor

GRACE = 11.0
"""Seconds after which a used refresh token is not forgiven any more: the contract has 10, and others mostly none."""


async def refreshes(case: Case) -> None:
    visitor = await case.fresh()
    answer = await visitor.refresh()
    expect(answer.ok, f"the refresh token of a fresh session is answered with {answer.status}")
    expect(await visitor.is_signed_in(), "what the refresh hands out does not open what needs a session")


def _kept(visitor: Visitor) -> tuple[str, str]:
    """The refresh token that a browser holds: in a cookie, or in the page."""
    return visitor.jar.header(f"{visitor.target.base}{_path(visitor)}"), visitor.refresh_token


def _path(visitor: Visitor) -> str:
    route = visitor.target.refresh
    return route.path if route is not None else "/"


async def rotates(case: Case) -> None:
    if case.target.dialect.refresh_rotation != "on":
        skip("the contract lets refresh tokens live")
    visitor = await case.fresh()
    before = _kept(visitor)
    await visitor.refresh()
    expect(_kept(visitor) != before, "after a refresh the refresh token is the same as before")


async def reuse(case: Case) -> None:
    if case.target.dialect.refresh_rotation != "on":
        skip("the contract lets refresh tokens live")
    visitor = await case.fresh()
    thief = visitor.clone(case.exchanges.append)
    await visitor.refresh()
    answer = await thief.clone(case.exchanges.append).refresh()
    if answer.ok:
        # That may be a grace, for two tabs that refresh at once.
        await case.wait(GRACE)
        answer = await thief.refresh()
    expect(400 <= answer.status < 500, f"a refresh token works twice: the second time it is answered {answer.status}")
    answer = await visitor.refresh()
    expect(not answer.ok, "a used refresh token came again, and the session lives on: a thief would have it as well")


async def twice_at_once(case: Case) -> None:
    visitor = await case.fresh()
    other = visitor.clone(case.exchanges.append)
    answers = await asyncio.gather(visitor.refresh(), other.refresh())
    for answer in answers:
        expect(answer.status < 500, f"of two refreshes at once one is answered with {answer.status}")
    expect(any(answer.ok for answer in answers), "of two refreshes at once none works: two tabs sign the user out")
    winner = visitor if answers[0].ok else other
    expect(await winner.is_signed_in(), "after two refreshes at once nobody is signed in: two tabs sign the user out")


async def garbage_refresh(case: Case) -> None:
    answer = await case.visitor().call(case.route(Need.REFRESH), {"refresh_token": "nonsense-nonsense-nonsense"})
    expect(400 <= answer.status < 500, f"a refresh token that is none is answered with {answer.status}")


async def access_as_refresh(case: Case) -> None:
    visitor = await case.fresh()
    if not visitor.token or not visitor.refresh_token:
        skip("the page does not hold both tokens")
    answer = await case.visitor().call(case.route(Need.REFRESH), {"refresh_token": visitor.token})
    expect(not answer.ok, "an access token is taken where a refresh token is asked for")


async def refresh_as_access(case: Case) -> None:
    visitor = await case.fresh()
    if not visitor.token or not visitor.refresh_token:
        skip("the page does not hold both tokens")
    answer = await case.visitor().call(case.private, headers={"Authorization": f"Bearer {visitor.refresh_token}"})
    expect(answer.status == 401, f"a refresh token opens what needs an access token ({answer.status})")


def _logout(case: Case) -> Any:
    return case.target.logout or skip("the contract has nothing to sign out with")


async def logout(case: Case) -> None:
    route, visitor = _logout(case), await case.fresh()
    thief = visitor.clone(case.exchanges.append)
    answer = await visitor.call(route)
    expect(answer.ok, f"signing out is answered with {answer.status}")
    answer = await thief.call(case.private)
    expect(answer.status == 401, f"after signing out, the session's token still opens {case.private.path}")


async def logout_ends_refresh(case: Case) -> None:
    route, visitor = _logout(case), await case.fresh()
    thief = visitor.clone(case.exchanges.append)
    await visitor.call(route)
    answer = await thief.refresh()
    expect(not answer.ok, "after signing out, the session's refresh token still works")


async def logout_own(case: Case) -> None:
    route, visitor, other = _logout(case), await case.fresh(), await case.fresh()
    await visitor.call(route)
    expect(await other.is_signed_in(), "signing out in one browser ends the session in another")


async def logout_nobody(case: Case) -> None:
    answer = await case.visitor().call(_logout(case), {})
    expect(
        answer.ok or answer.status == 401, f"signing out without a session is answered with {answer.status}: 2xx or 401"
    )


async def taken_address(case: Case) -> None:
    if case.target.register is None:
        skip("the contract has nothing to register with")
    answer = await registered(case.world, case.visitor(), case.world.accounts[0])
    expect(400 <= answer.status < 500, f"an address that is taken is registered once more ({answer.status})")


async def weak_password(case: Case) -> None:
    route = case.target.register or skip("the contract has nothing to register with")
    told = {"email": nobody(case), "password": "a", "confirm_password": "a", "name": "Devkit Verify"}
    answer = await case.visitor().call(route, {name: told[name] for name in told if name in route.fields})
    expect(400 <= answer.status < 500, f"a password of one letter is taken ({answer.status})")


async def forgot(case: Case) -> None:
    route = case.target.kept_by("accounts.forgot") or skip("the contract has no forgotten passwords")
    known = await case.visitor().call(route, {"email": case.world.accounts[0].email})
    unknown = await case.visitor().call(route, {"email": nobody(case)})
    alike = (known.status, shape_of(known.json)) == (unknown.status, shape_of(unknown.json))
    expect(alike, "a forgotten password is answered otherwise where nobody has the address")


_REFRESH: dict[str, Any] = {"needs": (Need.LOGIN, Need.REFRESH), "signed_in": True}
_LOGIN: dict[str, Any] = {"needs": (Need.LOGIN,), "signed_in": True}

CHECKS = (
    Check(
        id="auth.refreshes",
        asks="Does a refresh hand out what opens the door?",
        why="RFC 6749, section 6",
        run=refreshes,
        **_REFRESH,
    ),
    Check(
        id="auth.refresh-rotates",
        asks="Does each refresh hand out another refresh token?",
        why="RFC 9700, section 4.14.2",
        run=rotates,
        **_REFRESH,
    ),
    Check(
        id="auth.refresh-reuse",
        asks="Does a refresh token work once, and end the session when it comes again?",
        why="RFC 9700, section 4.14.2",
        waits=GRACE,
        run=reuse,
        **_REFRESH,
    ),
    Check(
        id="auth.refresh-twice-at-once",
        asks="Do two tabs that refresh at once stay signed in?",
        why="the contract: a used refresh token has a grace of 10 s",
        run=twice_at_once,
        **_REFRESH,
    ),
    Check(
        id="auth.garbage-refresh",
        asks="Is a refresh token that is none refused?",
        why="RFC 6749, section 5.2",
        needs=(Need.REFRESH,),
        run=garbage_refresh,
    ),
    Check(
        id="auth.access-as-refresh",
        asks="Is an access token no refresh token?",
        why="RFC 8725, section 3.12",
        run=access_as_refresh,
        **_REFRESH,
    ),
    Check(
        id="auth.refresh-as-access",
        asks="Is a refresh token no access token?",
        why="RFC 8725, section 3.12",
        run=refresh_as_access,
        **_REFRESH,
    ),
    Check(
        id="auth.logout",
        asks="Does signing out end the session on the server?",
        why="OWASP ASVS 5.0, 7.4.1",
        run=logout,
        **_LOGIN,
    ),
    Check(
        id="auth.logout-ends-refresh",
        asks="Does it end the refresh token, too?",
        why="OWASP ASVS 5.0, 7.4.1",
        run=logout_ends_refresh,
        **_REFRESH,
    ),
    Check(
        id="auth.logout-own",
        asks="Does it leave the user's other sessions alone?",
        why="the contract: signing out revokes the session's tokens",
        run=logout_own,
        **_LOGIN,
    ),
    Check(
        id="auth.logout-nobody",
        asks="May somebody sign out who is not signed in?",
        why="the contract: signing out also answers without a session",
        run=logout_nobody,
    ),
    Check(
        id="auth.taken-address",
        asks="Is an address registered once only?",
        why="the contract's `email_taken`",
        read_only=False,
        run=taken_address,
        **_LOGIN,
    ),
    Check(
        id="auth.weak-password",
        asks="Is a password of one letter refused?",
        why="NIST SP 800-63B, section 5.1.1.1; the contract: 8 characters",
        read_only=False,
        run=weak_password,
    ),
    Check(
        id="auth.forgot",
        asks="Is a forgotten password answered alike, whoever has the address?",
        why="OWASP ASVS 5.0, 6.3.8",
        read_only=False,
        run=forgot,
        **_LOGIN,
    ),
)
