"""Signing in, staying so, signing out."""

from __future__ import annotations

from devkit.contract.operations import Need
from devkit.verify.base import Check
from devkit.verify.case import Case
from devkit.verify.verdicts import expect, skip


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


async def wrong_password(case: Case) -> None:
    visitor, account = case.visitor(), case.world.accounts[0]
    answer = await visitor.call(case.route(Need.LOGIN), {"email": account.email, "password": "Not-The-Password-1!"})
    expect(400 <= answer.status < 500, f"a wrong password is answered with {answer.status} where 401 is right")


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
        id="auth.wrong-password",
        asks="Is a wrong password refused?",
        why="the contract's `invalid_credentials`",
        needs=(Need.LOGIN,),
        signed_in=True,
        run=wrong_password,
    ),
)
