"""Who may read the answers, as the Fetch standard has it."""

from __future__ import annotations

from devkit.verify.base import Check
from devkit.verify.case import Case
from devkit.verify.exchange import Answer
from devkit.verify.verdicts import expect


def unreadable(answer: Answer, origin: str, *, credentials: bool) -> str:
    """Why a page of that origin may not read the answer; empty where it may (Fetch, "CORS check")."""
    allowed = answer.all("Access-Control-Allow-Origin")
    if len(allowed) != 1:
        return "has no Access-Control-Allow-Origin" if not allowed else "has several Access-Control-Allow-Origin"
    if allowed[0] == "*" and not credentials:
        return ""
    if allowed[0] != origin:
        return f"has Access-Control-Allow-Origin: {allowed[0]}"
    if credentials and answer.get("Access-Control-Allow-Credentials") != "true":
        return "has no Access-Control-Allow-Credentials: true"
    return ""


async def answer_is_readable(case: Case) -> None:
    answer = await case.visitor().call(case.readable)
    trouble = unreadable(answer, case.target.origin, credentials=case.visitor().by_cookie)
    expect(not trouble, f"the answer to a page of {case.target.origin} {trouble}")


async def errors_are_readable(case: Case) -> None:
    answer = await case.visitor().call(case.private)
    trouble = unreadable(answer, case.target.origin, credentials=case.visitor().by_cookie)
    expect(not trouble, f"the error {answer.status} {trouble}: a page sees no status, and takes it for a dead network")


async def stranger(case: Case) -> None:
    answer = await case.visitor().call(case.readable, headers={"Origin": case.target.other_origin})
    allowed = answer.get("Access-Control-Allow-Origin")
    credentials = answer.get("Access-Control-Allow-Credentials")
    expect(
        allowed != case.target.other_origin or credentials != "true",
        f"any origin may read what is the user's: {case.target.other_origin} is allowed, with credentials",
    )


CHECKS = (
    Check(
        id="cors.readable",
        asks="May a page of the frontend's origin read an answer?",
        why='Fetch, "CORS check"',
        run=answer_is_readable,
    ),
    Check(
        id="cors.errors",
        asks="May it read an error as well?",
        why='Fetch, "CORS check"; CONTRACT: errors, 404s and 500s carry the CORS headers too',
        signed_in=True,
        run=errors_are_readable,
    ),
    Check(
        id="cors.stranger",
        asks="Is an origin that nobody allowed kept from the answers of a session?",
        why='Fetch, "CORS protocol and credentials"',
        run=stranger,
    ),
)
