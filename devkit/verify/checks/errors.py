"""What is said where something goes wrong."""

from __future__ import annotations

import re

from devkit.verify.base import Check
from devkit.verify.case import Case
from devkit.verify.exchange import Answer
from devkit.verify.verdicts import expect

_TRACE = re.compile(
    r"Traceback \(most recent call last\)|^\s+at \S+ \(.*:\d+:\d+\)|\.(py|js|ts|rb|go|java)\", line \d+|"
    r"^\s+at [\w.$]+\([\w]+\.java:\d+\)|SQLSTATE\[|psycopg2?\.|sqlalchemy\.exc|node_modules/",
    re.MULTILINE,
)


async def not_found(case: Case) -> Answer:
    """The answer to an address that there is nothing at."""
    base = case.target.dialect.prefixes[0]
    return await (await case.signed_in() if case.world.session else case.visitor()).send(
        "GET", f"{base}/devkit-verify-nothing-here{'/' if case.target.dialect.slashes else ''}"
    )


async def unknown_address(case: Case) -> None:
    answer = await not_found(case)
    expect(answer.status in {401, 404}, f"an address without anything is answered with {answer.status}, not 404")


async def no_page(case: Case) -> None:
    answer = await not_found(case)
    expect(answer.content, "the body of the error is empty: there is nothing to show")
    expect(answer.is_json, f"the error is {answer.media_type or 'of no type'} where the client asked for JSON")


async def no_trace(case: Case) -> None:
    for answer in (await not_found(case), await case.visitor().call(case.readable)):
        found = _TRACE.search(answer.content.decode("utf-8", "replace"))
        expect(found is None, "an error shows the backend's inside: a stack trace")


CHECKS = (
    Check(
        id="errors.unknown-address",
        asks="Is an address that there is nothing at answered with 404?",
        why="RFC 9110, section 15.5.5",
        run=unknown_address,
    ),
    Check(
        id="errors.json",
        asks="Are errors JSON, never HTML and never empty?",
        why='CONTRACT, "What holds everywhere": errors',
        run=no_page,
    ),
)
