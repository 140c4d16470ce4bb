"""What several families ask in the same way."""

from __future__ import annotations

from devkit.contract.operations import Media
from devkit.dialects.base import Route
from devkit.dialects.calling import example_of
from devkit.verify.case import Case
from devkit.verify.exchange import Answer
from devkit.verify.target import Collection
from devkit.verify.verdicts import skip
from devkit.verify.visitor import Visitor

_JSON = {"Content-Type": "application/json"}


async def reader(case: Case) -> Visitor:
    """Who gets as far as may be: signed in, where anybody is."""
    return await case.signed_in() if case.world.session else case.visitor()


async def not_found(case: Case) -> Answer:
    """The answer to an address that there is nothing at."""
    dialect, visitor = case.target.dialect, await reader(case)
    base = (dialect.areas or dialect.prefixes)[0].replace("{user_id}", visitor.user_id)
    return await visitor.send("GET", f"{base}/devkit-verify-nothing-here{'/' if dialect.slashes else ''}")


def takes_json(case: Case) -> Route:
    """A call that takes JSON and stores nothing that stays when it is refused: creating a row, else signing in."""
    found = [one.create for one in case.target.collections if one.create and one.create.media is Media.JSON]
    found += [case.target.login] if case.target.login and case.target.login.media is Media.JSON else []
    return found[0] if found else skip("the contract takes no JSON")


async def raw(case: Case, body: bytes, headers: dict[str, str | None] | None = None) -> Answer:
    """The answer to that body where JSON is taken."""
    visitor, route = await reader(case), takes_json(case)
    call = visitor.spelled(route)
    return await visitor.send(call.method, call.target, headers={**_JSON, **(headers or {})}, body=body)


_TEXTS = ("title", "name", "description", "text", "content", "body", "label", "summary", "subject", "message")


def text_field(collection: Collection) -> str:
    """A field of its rows that holds any text, by the contract's name. Skips where none does."""
    create = collection.create
    example = example_of(create) if create is not None and create.media is Media.JSON else {}
    found = next((name for name in _TEXTS if isinstance(example.get(name), str)), "")
    return found or skip(f"rows of {collection.name} have no text of one's own")


def writable(case: Case) -> Collection:
    """A collection of rows that are made of JSON, read and taken away. Skips where there is none."""
    return case.collection(
        lambda one: (
            one.is_writable and one.get is not None and one.create is not None and one.create.media is Media.JSON
        )
    )


async def samples(case: Case) -> list[tuple[Route, Answer]]:
    """What can be read just so, each with its answer."""
    visitor = await reader(case)
    found = []
    for route in (*case.target.private[:6], *case.target.public[:4]):
        answer = await visitor.call(route)
        if answer.ok:
            found.append((route, answer))
    return found or skip("nothing can be read just so")
