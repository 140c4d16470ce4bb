"""Cookies, judged as a browser would."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import Any

from devkit.contract.operations import Need
from devkit.verify.base import Check
from devkit.verify.case import Case
from devkit.verify.jar import SetCookie, default_path, matches, parsed
from devkit.verify.verdicts import expect, fail, skip

_PAIR, _ATTRIBUTE = 4096, 1024
"""Octets of name and value, and of one attribute's value, that browsers keep (RFC 6265bis, section 5.7)."""
_LONGEST = 400 * 86_400
_OCTETS = re.compile(r'"?[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*"?')
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SIGNED_OUT = "the sign-out"


async def set_at_login(case: Case) -> list[SetCookie]:
    """The cookies that a sign-in sets."""
    await case.fresh()
    answer = next(one.answer for one in case.exchanges if one.answer is not None)
    found = [cookie for line in answer.all("Set-Cookie") if not (cookie := parsed(line)).clears]
    return found or fail("the sign-in sets no cookie, and before it did")


async def survives(case: Case) -> None:
    visitor = await case.fresh()
    expect(len(visitor.jar), "a browser keeps none of the cookies that the sign-in sets")
    expect(await visitor.is_signed_in(), "a browser is not signed in with the cookies that the sign-in sets")


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


async def none_is_secure(case: Case) -> None:
    for cookie in await set_at_login(case):
        if cookie.get("SameSite").lower() == "none":
            expect(cookie.has("Secure"), f"the cookie {cookie.name} has SameSite=None and no Secure: browsers drop it")


async def secure(case: Case) -> None:
    cookies = await set_at_login(case)
    if case.target.door.context is None and not any(cookie.has("Secure") for cookie in cookies):
        skip("the backend is reached by http, and sets no Secure cookie there")
    for cookie in cookies:
        expect(cookie.has("Secure"), f"the cookie {cookie.name} goes over plain http as well: it has no Secure")


async def host_only(case: Case) -> None:
    host = case.target.door.host
    for cookie in await set_at_login(case):
        domain = cookie.get("Domain").lstrip(".").lower()
        expect(
            not domain or domain == host or host.endswith(f".{domain}"),
            f"the cookie {cookie.name} is meant for {domain}, and set by {host}: browsers drop it",
        )
        expect(not domain or "." in domain or domain == host, f"the cookie {cookie.name} is meant for all of .{domain}")


async def path(case: Case) -> None:
    private = case.target.base + case.private.path
    kept = await set_at_login(case)
    login = case.target.login.path if case.target.login else "/"
    reach = [
        cookie for cookie in kept if matches(cookie.get("Path") or default_path(case.target.base + login), private)
    ]
    expect(reach, f"none of the cookies is sent to {private}: their Path is another")


async def size(case: Case) -> None:
    for cookie in await set_at_login(case):
        octets = len(cookie.name.encode()) + len(cookie.value.encode())
        expect(octets <= _PAIR, f"the cookie {cookie.name} has {octets} octets: browsers keep {_PAIR} at the most")
        for name, value in cookie.attributes.items():
            expect(len(value.encode()) <= _ATTRIBUTE, f"the cookie {cookie.name} has a {name} of {len(value)} octets")


async def prefixes(case: Case) -> None:
    for cookie in await set_at_login(case):
        host = cookie.name.lower().startswith("__host-")
        if not host and not cookie.name.lower().startswith("__secure-"):
            continue
        expect(cookie.has("Secure"), f"the cookie {cookie.name} has no Secure, as its name demands: browsers drop it")
        if host:
            expect(cookie.get("Path") == "/", f"the cookie {cookie.name} has another Path than /: browsers drop it")
            expect(not cookie.has("Domain"), f"the cookie {cookie.name} has a Domain: browsers drop it")


async def once(case: Case) -> None:
    names = [cookie.name for cookie in await set_at_login(case)]
    twice = sorted({name for name in names if names.count(name) > 1})
    expect(not twice, f"one answer sets {', '.join(twice)} twice: which one counts depends on the path")


async def well_formed(case: Case) -> None:
    for cookie in await set_at_login(case):
        expect(_TOKEN.fullmatch(cookie.name), f"`Set-Cookie: {cookie.line[:60]}` has no name that is one")
        expect(_OCTETS.fullmatch(cookie.value), f"the cookie {cookie.name} has letters that a value may not have")


async def lifetime(case: Case) -> None:
    for cookie in await set_at_login(case):
        age = cookie.get("Max-Age")
        if age:
            expect(re.fullmatch(r"-?\d+", age), f"the cookie {cookie.name} has Max-Age={age}, which is no number")
            expect(int(age) <= _LONGEST, f"the cookie {cookie.name} is meant to live for {int(age) // 86_400} days")
            expect(
                int(age) >= 60, f"the cookie {cookie.name} lives for {age} s: the user is signed out at once, it seems"
            )
        elif end := cookie.get("Expires"):
            try:
                parsedate_to_datetime(end)
            except ValueError:
                expect(False, f"the cookie {cookie.name} has Expires={end}, which is no date")


async def _cleared(case: Case) -> tuple[list[SetCookie], list[SetCookie]]:
    """The cookies that a sign-in sets, and those that the sign-out takes away."""
    route = case.target.logout or skip("the contract has nothing to sign out with")
    visitor = await case.fresh()
    answer = next(one.answer for one in case.exchanges if one.answer is not None)
    kept = [cookie for line in answer.all("Set-Cookie") if not (cookie := parsed(line)).clears]
    gone = await visitor.call(route)
    return kept, [cookie for line in gone.all("Set-Cookie") if (cookie := parsed(line)).clears]


async def cleared(case: Case) -> None:
    kept, gone = await _cleared(case)
    for cookie in kept:
        expect(any(one.name == cookie.name for one in gone), f"{_SIGNED_OUT} leaves the cookie {cookie.name} in place")


async def cleared_alike(case: Case) -> None:
    kept, gone = await _cleared(case)
    for cookie in kept:
        for one in gone:
            if one.name != cookie.name:
                continue
            for name in ("Path", "Domain"):
                expect(
                    one.get(name) == cookie.get(name),
                    f"{_SIGNED_OUT} clears {one.name} with {name}={one.get(name)}, it was set with {name}="
                    f"{cookie.get(name)}: browsers keep it",
                )


async def garbage(case: Case) -> None:
    names = [cookie.name for cookie in await set_at_login(case)]
    for value in ("nonsense", "", "a.b.c", "%00"):
        header = "; ".join(f"{name}={value}" for name in names)
        answer = await case.visitor().call(case.private, headers={"Cookie": header})
        expect(answer.status == 401, f"a cookie that is no session ({value!r}) is answered with {answer.status}")


async def others_beside(case: Case) -> None:
    visitor = await case.signed_in()
    mine = visitor.jar.header(case.target.base + case.private.path)
    beside = f"theme=dark; _ga=GA1.1.1; json={{}}; {mine}; last=1"
    answer = await visitor.call(case.private, headers={"Cookie": beside})
    expect(answer.ok, f"cookies of others beside the session's are answered with {answer.status}")


async def fixation(case: Case) -> None:
    names = [cookie.name for cookie in await set_at_login(case)]
    account, visitor = case.world.accounts[0], case.visitor()
    given = {"email": account.email, "password": account.password}
    call = visitor.spelled(case.route(Need.LOGIN), given)
    chosen = "; ".join(f"{name}=chosen-by-somebody-else" for name in names)
    headers = {**call.headers, "Cookie": chosen}
    answer = await visitor.send(call.method, call.target, headers=headers, body=call.body)
    values = {one.name: one.value for line in answer.all("Set-Cookie") if (one := parsed(line))}
    for name in names[:1]:
        expect(
            values.get(name) not in {None, "chosen-by-somebody-else"},
            "who signs in goes on with a session that came from elsewhere: no new cookie is set",
        )


_COOKIE: dict[str, Any] = {"needs": (Need.LOGIN,), "signed_in": True, "cookie": True}

CHECKS = (
    Check(
        id="cookies.survives",
        asks="Does a browser keep the session's cookies, and send them?",
        why="RFC 6265, sections 5.3 and 5.4",
        run=survives,
        **_COOKIE,
    ),
    Check(
        id="cookies.http-only",
        asks="Are the session's cookies out of reach of scripts?",
        why="RFC 6265, section 4.1.2.6",
        run=http_only,
        **_COOKIE,
    ),
    Check(
        id="cookies.same-site",
        asks="Do they say to which sites they go?",
        why="RFC 6265bis, section 5.6.7: without SameSite a browser's default counts, and browsers differ",
        run=same_site,
        **_COOKIE,
    ),
    Check(
        id="cookies.none-is-secure",
        asks="Is what goes to all sites Secure?",
        why="RFC 6265bis, section 5.7",
        run=none_is_secure,
        **_COOKIE,
    ),
    Check(
        id="cookies.secure",
        asks="Are they kept off plain http?",
        why="RFC 6265, section 4.1.2.5",
        run=secure,
        **_COOKIE,
    ),
    Check(
        id="cookies.domain",
        asks="Are they meant for the host that sets them?",
        why="RFC 6265, section 5.3, step 6",
        run=host_only,
        **_COOKIE,
    ),
    Check(
        id="cookies.path",
        asks="Are they sent to what needs a session?",
        why="RFC 6265, section 5.1.4",
        run=path,
        **_COOKIE,
    ),
    Check(
        id="cookies.size",
        asks="Are they small enough to be kept?",
        why="RFC 6265bis, section 5.7",
        run=size,
        **_COOKIE,
    ),
    Check(
        id="cookies.prefixes",
        asks="Do `__Host-` and `__Secure-` hold what they say?",
        why="RFC 6265bis, section 4.1.3",
        run=prefixes,
        **_COOKIE,
    ),
    Check(
        id="cookies.once",
        asks="Is each cookie set once in an answer?",
        why="RFC 6265, section 4.1.1",
        run=once,
        **_COOKIE,
    ),
    Check(
        id="cookies.well-formed",
        asks="Are names and values such as a cookie may have?",
        why="RFC 6265, section 4.1.1",
        run=well_formed,
        **_COOKIE,
    ),
    Check(
        id="cookies.lifetime",
        asks="Do they say well how long they live?",
        why="RFC 6265bis, section 5.5: 400 days at the most",
        run=lifetime,
        **_COOKIE,
    ),
    Check(
        id="cookies.cleared",
        asks="Does signing out take each of them away?",
        why="the contract: signing out clears the cookies",
        run=cleared,
        **_COOKIE,
    ),
    Check(
        id="cookies.cleared-alike",
        asks="Are they cleared with the Path and Domain that they were set with?",
        why="RFC 6265, section 5.3, step 11",
        run=cleared_alike,
        **_COOKIE,
    ),
    Check(
        id="cookies.garbage",
        asks="Is a cookie that is no session answered with 401?",
        why="RFC 9110, section 15.5.2",
        run=garbage,
        **_COOKIE,
    ),
    Check(
        id="cookies.others-beside",
        asks="Do cookies of others beside it do no harm?",
        why="RFC 6265, section 5.4",
        run=others_beside,
        **_COOKIE,
    ),
    Check(
        id="cookies.fixation",
        asks="Does a sign-in begin a session of its own, whatever cookie came?",
        why="OWASP ASVS 5.0, 7.2.4",
        run=fixation,
        **_COOKIE,
    ),
)
