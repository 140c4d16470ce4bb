"""What only all of a file together tells: circles of references, two operations in one place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from devkit.blueprint.base import ERROR_WORDS, EVENT_WORDS, Planned
from devkit.blueprint.file.context import Reading
from devkit.blueprint.file.model import PageWords
from devkit.blueprint.file.resources import Draft, pages_of
from devkit.contract.keeping import ByService
from devkit.contract.resources import Resource
from devkit.yamlfile import KeyPath


def circles(reading: Reading, drafts: Mapping[str, Draft]) -> None:
    """Rows that must name a row that must name them could never be made: each circle is told once."""
    told: set[frozenset[str]] = set()
    for draft in drafts.values():
        for field, path in _back_to(draft.name, drafts):
            circle = frozenset(path)
            if circle not in told:
                told.add(circle)
                reading.wrong(
                    (*draft.where, "fields", field),
                    f"no row could ever be the first: {' -> '.join([*path, draft.name])} must all be there before",
                    "Take the `!` away from one of these references.",
                )


def _back_to(name: str, drafts: Mapping[str, Draft]) -> Iterable[tuple[str, Sequence[str]]]:
    """Each field that leads back, by references that must be given, and whom it passes on the way."""
    for field, target in _needed(drafts[name]):
        ways: list[list[str]] = [[name, target]] if target != name else []
        if target == name:
            yield field, [name]
        seen = {name}
        while ways:
            way = ways.pop()
            if way[-1] in seen or way[-1] not in drafts:
                continue
            seen.add(way[-1])
            for _, further in _needed(drafts[way[-1]]):
                if further == name:
                    yield field, way
                    ways = []
                    break
                ways.append([*way, further])


def _needed(draft: Draft) -> list[tuple[str, str]]:
    """Fields that must be given and refer to one row, and to which resource. A list of them may be empty."""
    return [
        (field, noted.reference.resource)
        for field, noted in draft.noted.items()
        if noted.required and not noted.nullable and noted.reference and noted.schema.get("type") != "array"
    ]


def members(reading: Reading, words: PageWords | None, where: KeyPath) -> None:
    """No member of a page is where another is, or in it."""
    if words is None:
        return
    pages = pages_of(words)
    places = {name: getattr(pages, name) for name in ("items", "total", "next", "previous", "more")}
    places |= {f"echo.{told}": place for told, place in pages.echo.items()}
    taken: dict[str, str] = {}
    for name, place in places.items():
        if not place or (name != "items" and not pages.items):
            continue
        for other, named in taken.items():
            if f"{place}.".startswith(f"{other}.") or f"{other}.".startswith(f"{place}."):
                reading.wrong(
                    (*where, *name.split(".")),
                    f"pages: {name} would stand at {place!r}, where {named} is",
                    "Name another member, or an empty one to leave it out.",
                )
        taken.setdefault(place, name)


def templates(reading: Reading) -> None:
    """What stands in braces in a template is a word that is known there."""
    head = reading.head
    _words(reading, head.errors.template, ("errors", "template"), ERROR_WORDS)
    if head.events is not None:
        _words(reading, head.events.envelope, ("events", "envelope"), EVENT_WORDS)
        _words(reading, head.events.names, ("events", "names"), ("singular", "resource", "verb"))
        _words(reading, head.events.topic, ("events", "topic"), ("singular", "resource"))


def _words(reading: Reading, template: Any, where: KeyPath, known: Sequence[str]) -> None:
    if isinstance(template, Mapping):
        for name, part in template.items():
            _words(reading, part, (*where, name), known)
    elif isinstance(template, list):
        for number, part in enumerate(template):
            _words(reading, part, (*where, number), known)
    elif isinstance(template, str):
        for word in re.findall(r"\{(\w+)\}", template):
            if word not in known:
                reading.unknown(where, "word", word, known)


def socket(reading: Reading, operations: Iterable[tuple[Planned, KeyPath]], base: str) -> None:
    """Nothing else is where the WebSocket is."""
    events = reading.head.events
    named = events.path if events else None
    for key, given in (("path", named), ("sse", events.sse if events else None)):
        if given is not None and ("{" in given or base + given == "/health"):
            why = "has a parameter in it" if "{" in given else "is where devkit tells how it is"
            reading.wrong(("events", key), f"{key}: {given} {why}, and events are to be heard there", "Name another.")
    path = base + named if named is not None else "/ws"
    for operation, where in operations:
        # What a document has at ours is the document's.
        if base + operation.path == path and (named is not None or where != ("openapi",)):
            there = f"{operation.method} {operation.path} is where the WebSocket is"
            reading.wrong(where, there, "Say with `path:` below `events:` where that is to be instead.")


def told_once(reading: Reading, resources: Iterable[Resource]) -> None:
    """An event tells of rows of one resource."""
    taken = dict.fromkeys(reading.ours.events.names() if reading.has_accounts else (), "devkit's own")
    called: dict[str, str] = {}
    for resource in resources:
        # Where one of both is called alike, that is told, and this follows from it.
        if called.setdefault(resource.singular, resource.name) != resource.name:
            continue
        told = resource.events
        for name in dict.fromkeys(filter(None, (told.created, told.updated, told.deleted))):
            if (other := taken.setdefault(name, resource.name)) != resource.name:
                reading.wrong(
                    ("resources", resource.name, "events"),
                    f"the event {name!r} tells of {other} already",
                    "Put {singular} or {resource} into `names`, or name it here.",
                )


def strangers(reading: Reading, operations: Iterable[tuple[Planned, KeyPath]]) -> None:
    """Nothing of the file is called as what devkit serves beside it."""
    accounts = "auth"
    beside = ("health", *([accounts] if reading.has_accounts else []))
    for operation, where in operations:
        area = operation.id.partition(".")[0]
        if isinstance(operation.keeping, ByService) and operation.keeping.operation == operation.id:
            continue
        if where == ("resources", accounts) and area in beside and operation.id == f"{area}.list":
            reading.wrong(where, f"{area!r} is what devkit calls a part of its accounts", "Rename it.")
        elif operation.id in reading.ours.operations and area in beside:
            reading.wrong(where, f"{operation.id} is what devkit calls an operation of its own", "Rename it.")


def addresses(reading: Reading, operations: Iterable[tuple[Planned, KeyPath]]) -> None:
    """No two operations have one address, or one id. Two paths that differ by the name of a parameter are one."""
    taken: dict[tuple[str, str], Planned] = {}
    named: dict[str, Planned] = {}
    for operation, where in operations:
        address = operation.method, re.sub(r"\{[^{}]*\}", "{}", operation.path)
        if (other := taken.setdefault(address, operation)) is not operation:
            reading.wrong(where, f"{operation.method} {operation.path} is the address of {other.id} already")
        if (other := named.setdefault(operation.id, operation)) is not operation:
            reading.wrong(where, f"{operation.id} is what {other.method} {other.path} is called already")
