"""Cookies, judged as a browser would."""

from __future__ import annotations

from devkit.contract.operations import Need
from devkit.verify.base import Check
from devkit.verify.case import Case
from devkit.verify.jar import SetCookie, parsed
from devkit.verify.verdicts import expect


async def set_at_login(case: Case) -> list[SetCookie]:
    """The cookies that a sign-in sets."""
    await case.fresh()
    answer = next(one.answer for one in case.exchanges if one.answer is not None)
    return [cookie for line in answer.all("Set-Cookie") if not (cookie := parsed(line)).clears]


async def http_only(case: Case) -> None:
    for cookie in await set_at_login(case):
        expect(cookie.has("HttpOnly"), f"the cookie {cookie.name} can be read by scripts: it has no HttpOnly")


async def same_site(case: Case) -> None:
    for cookie in await set_at_login(case):
        said = cookie.get("SameSite").lower()
        expect(
            said in {"lax", "strict", "none"},
            f"the cookie {cookie.name} has {f'SameSite={said}' if said else 'no SameSite'}: browsers differ there",
        )


CHECKS = (
    Check(
        id="cookies.http-only",
        asks="Are the session's cookies out of reach of scripts?",
        why="RFC 6265, section 4.1.2.6",
        needs=(Need.LOGIN,),
        signed_in=True,
        cookie=True,
        run=http_only,
    ),
    Check(
        id="cookies.same-site",
        asks="Do the session's cookies say to which sites they go?",
        why="RFC 6265bis, section 5.6.7: without SameSite a browser's default counts, and browsers differ",
        needs=(Need.LOGIN,),
        signed_in=True,
        cookie=True,
        run=same_site,
    ),
)
