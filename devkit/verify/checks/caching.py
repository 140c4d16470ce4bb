"""What is compressed, and what caches may keep."""

from __future__ import annotations

from devkit.contract.operations import Access, Need
from devkit.verify.case import Case
from devkit.verify.checks.http import browser, check, readables
from devkit.verify.exchange import Answer
from devkit.verify.verdicts import expect, skip, unclear

_GZIP = {"Accept-Encoding": "gzip"}
_PLAIN = {"Accept-Encoding": "identity"}


async def compressed(case: Case) -> None:
    visitor, found = await browser(case), False
    for route in readables(case):
        answer = await visitor.call(route, headers=_GZIP)
        if answer.get("Content-Encoding") is None:
            continue
        found = True
        coding = answer.words("Content-Encoding")
        expect(coding in (["gzip"], ["x-gzip"]), f"who takes gzip alone gets {answer.get('Content-Encoding')}")
        expect(
            answer.content != answer.body or not answer.body,
            f"{route.path} says that its body is gzip, and it is not, or not whole",
        )
        expect(not answer.is_json or answer.json is not None, f"{route.path} is no JSON when it is unpacked")
    if not found:
        skip("nothing is compressed")


async def not_compressed(case: Case) -> None:
    visitor = await browser(case)
    for route in readables(case):
        coding = (await visitor.call(route, headers=_PLAIN)).get("Content-Encoding")
        expect(coding in {None, "identity"}, f"who takes no compression gets {coding} of {route.path}")


async def varies(case: Case) -> None:
    visitor, found = await browser(case), False
    for route in readables(case):
        answer = await visitor.call(route, headers=_GZIP)
        if answer.get("Content-Encoding") is not None:
            found, vary = True, answer.words("Vary")
            expect(
                "accept-encoding" in vary or "*" in vary,
                f"{route.path} is compressed for who takes that, and Vary does not say so",
            )
    if not found:
        skip("nothing is compressed")


# Caches


def kept_by_all(answer: Answer) -> str:
    """What lets any cache give the answer to others; empty for nothing (RFC 9111, section 3)."""
    said = answer.words("Cache-Control")
    if any(one.partition("=")[0] in {"private", "no-store", "no-cache"} for one in said):
        return ""
    lives = next((one for one in said if one.partition("=")[0] in {"public", "s-maxage"}), "")
    return lives or next((one for one in said if one.startswith("max-age=") and one != "max-age=0"), "")


async def private_data(case: Case) -> None:
    visitor, private = await browser(case), case.private
    answer = await visitor.call(private)
    if not answer.ok:
        unclear(f"{private.path} was answered with {answer.status}")
    lives = kept_by_all(answer)
    if lives.startswith("max-age") and not visitor.by_cookie:
        # With Authorization nothing is kept for others unless `public` or `s-maxage` says so (RFC 9111, section 3.5).
        lives = ""
    expect(not lives, f"what only the user may see is to be kept for others: Cache-Control: {lives}")


async def tokens(case: Case) -> None:
    await case.fresh()
    answer = next(one.answer for one in case.exchanges if one.answer is not None)
    lives = kept_by_all(answer)
    expect(not lives, f"an answer with somebody's session is to be kept by caches: Cache-Control: {lives}")


async def errors_kept(case: Case) -> None:
    visitor = await browser(case)
    base = case.target.dialect.prefixes[0]
    answer = await visitor.send("GET", f"{base}/devkit-verify-nothing-here")
    if answer.ok:
        skip("every address is answered")
    lives = kept_by_all(answer)
    expect(not lives, f"{answer.status} for what is not there yet is to be kept by caches: Cache-Control: {lives}")


async def refusal_kept(case: Case) -> None:
    if case.private.operation.access is not Access.SIGNED_IN:
        skip("nothing needs a session")
    answer = await case.visitor().call(case.private)
    lives = kept_by_all(answer)
    expect(not lives, f"{answer.status} for who is not signed in is to be kept by caches: Cache-Control: {lives}")


CHECKS = (
    check("compressed", "Is what is compressed so, and as the client takes it?", "12.5.3", compressed),
    check("not-compressed", "Gets who takes no compression none?", "12.5.3", not_compressed),
    check("vary", "Says what is compressed that it depends on that?", "12.5.5", varies),
    check(
        "private",
        "Is what only the user may see not kept for others?",
        "RFC 9111, section 3.5",
        private_data,
        signed_in=True,
    ),
    check(
        "tokens",
        "Is an answer with a session not kept?",
        "RFC 6749, section 5.1",
        tokens,
        needs=(Need.LOGIN,),
        signed_in=True,
    ),
    check("missing", "Is an error for what is not there not kept?", "RFC 9111, section 4.2.2", errors_kept),
    check(
        "refusals",
        "Is an error for who is not signed in not kept?",
        "RFC 9111, section 4.2.2",
        refusal_kept,
        needs=(Need.SESSION,),
    ),
)
