"""Operations that are always answered from what their contract promises: an example, else a value made from the
schema, the same each time for the same request.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import orjson

from devkit.contract.base import Contract
from devkit.contract.errors import DomainError
from devkit.contract.keeping import ByAnswer
from devkit.contract.operations import Operation
from devkit.contract.shapes import Body, Outcome, Parameter, Said, Told, is_json, promised, status_of, usual
from devkit.domain.base import Caller, Keeper, Resources
from devkit.domain.echoing import echoed
from devkit.domain.negotiation import Preferences, acceptable, preferences, wanted_of
from devkit.domain.representing import represented
from devkit.domain.xmltext import is_xml, xml_text
from devkit.effects import DAY
from devkit.records import dataclass
from devkit.schemas.base import Json
from devkit.schemas.believable import words_of
from devkit.schemas.checking import Checker
from devkit.schemas.filling import filled
from devkit.schemas.making import Maker
from devkit.schemas.merging import Unsatisfiable
from devkit.storage.kept import Kept

log = logging.getLogger("devkit")

_BODILESS = frozenset({204, 205, 304})
"""Statuses whose answers have no body (RFC 9110, section 6.4.1)."""
_FRAMING = frozenset({"content-type", "content-length", "content-encoding", "transfer-encoding", "connection"})
"""Header fields that say how the very bytes are sent: those are ours to say (OpenAPI ignores `Content-Type` here)."""
_UNSENDABLE = re.compile(r"[^\t -~\x80-\xff]+")


_KEPT = 4 * 1024 * 1024
"""Bytes of JSON that are kept of what was made."""


@dataclass(frozen=True, slots=True)
class _Made:
    value: Json


Example = tuple[Json, bool]
"""One as it is sent, without what is left out of answers, and whether it fits its schema."""


class Answers:
    """Answers from outcomes; the present and the seed are those of the sandbox that the resources belong to."""

    def __init__(self, resources: Resources, contract: Contract) -> None:
        self._on = resources
        self._checker = Checker(contract.components, "writeOnly")
        self._made_by: tuple[int, Maker] | None = None
        self._kept: Kept[str, _Made] = Kept(_KEPT)
        self._prepared: dict[tuple[int, str], Mapping[str, Example]] = {}
        self._warned: set[str] = set()

    def keeper(self, operation: Operation) -> Keeper:
        """What answers that operation, which is kept `ByAnswer`: a coroutine that gives a `Said`."""
        return partial(self._answer, operation)

    async def _answer(self, operation: Operation, caller: Caller, told: Told) -> Said:
        del caller
        wants = preferences(told.headers.get("prefer"))
        status, outcome, applied = self._outcome(operation, wants)
        headers: dict[str, str] = {}
        accept = told.headers.get("accept")
        body = outcome.body
        if body is None and status >= 400:
            # What is promised by its status alone looks as errors do here.
            raise DomainError.injected(status)
        said = Said(status=status)
        if body is not None and body.media and status not in _BODILESS:
            media_type = self._media_type(operation, body, accept)
            value, shown = self._value(operation, outcome, media_type, wants, told, await self._maker())
            applied += shown
            name = wanted_of(accept, media_type) or _concrete(media_type) if "*" in media_type else media_type
            sent = represented(value, name)
            if is_xml(name) and not isinstance(value, str | bytes):
                sent = xml_text(value, body.media[media_type], self._checker)
            said = Said(status=status, body=sent, media_type=name)
        for name, header in outcome.headers.items():
            if name.lower() not in _FRAMING:
                headers[name] = self._header(operation, name, header, await self._maker())
        if applied:
            headers["Preference-Applied"] = ", ".join(applied)
        return Said(status=said.status, body=said.body, media_type=said.media_type, headers=headers)

    def _outcome(self, operation: Operation, wants: Preferences) -> tuple[int, Outcome, list[str]]:
        """The status, what is promised for it, and which preference was followed."""
        outcomes = operation.outcomes
        if wants.code and re.fullmatch(r"[1-5]\d\d", wants.code):
            asked = promised(outcomes, wants.code)
            if asked is not None:
                return int(wants.code), asked, [f"code={wants.code}"]
        found = usual(operation.outcomes, _chosen(operation))
        if wants.example and not _has_example(found, wants.example):
            found = next((one for one in outcomes if _has_example(one, wants.example)), found)
        return status_of(found), found, []

    def _media_type(self, operation: Operation, body: Body, accept: str | None) -> str:
        """The one of the body's media types that is sent. Raises DomainError 406, where the contract promises that."""
        found = acceptable(accept, body.media)
        if found:
            return found[0]
        if any(one.status == "406" for one in operation.outcomes):
            raise DomainError.injected(406, message=f"There is {' and '.join(body.media)} here")
        # A server may send what it has (RFC 9110, section 12.4.1), and most do.
        return next(iter(body.media))

    def _value(
        self, operation: Operation, outcome: Outcome, media_type: str, wants: Preferences, told: Told, maker: Maker
    ) -> tuple[Json, list[str]]:
        assert outcome.body is not None  # noqa: S101 - whoever calls has looked
        body, schema = outcome.body, outcome.body.media[media_type]
        examples = self._examples(body, media_type)
        if wants.example and wants.example in examples:
            return self._shown(operation, body.examples[media_type][wants.example], told), [f"example={wants.example}"]
        keeper = operation.keeper
        if isinstance(keeper, ByAnswer) and keeper.otherwise and not _said(told) & {name.lower() for name in examples}:
            raise DomainError(keeper.otherwise)
        for example, fits in () if wants.dynamic else _in_turn(examples, told):
            value = self._shown(operation, example, told)
            if fits if value is example else not is_json(media_type) or self._checker.fits(schema, value):
                return (value if _is_chosen(operation) else self._with(value, schema, told)), []
        key = f"{operation.id}/{outcome.status}/{media_type}/{_fingerprint(told)}"
        made = self._kept.get(key)
        if made is None:
            try:
                made = _Made(maker.value(schema, key, of=operation.id.rpartition(".")[2], given=_given(told)))
            except Unsatisfiable as why:
                if examples:
                    return next(iter(body.examples[media_type].values())), []
                raise self._impossible(operation, outcome, why) from None
            self._kept.put(key, made, len(orjson.dumps(made.value)))
        return made.value, ["dynamic=true"] if wants.dynamic else []

    def _examples(self, body: Body, media_type: str) -> Mapping[str, Example]:
        """Examples by their names."""
        kept = self._prepared.get((id(body), media_type))
        if kept is None:
            schema, shown = body.media[media_type], body.examples.get(media_type, {})
            found: dict[str, Example] = {}
            for name, example in shown.items():
                if is_json(media_type):
                    value = filled(example, schema, self._checker, defaults=False)
                    found[name] = value, self._checker.fits(schema, value)
                else:
                    found[name] = example, True
            kept = self._prepared[id(body), media_type] = found
        return kept

    def _impossible(self, operation: Operation, outcome: Outcome, why: Unsatisfiable) -> DomainError:
        what = f"nothing can be made of the schema of {operation.id}, {outcome.status}: {why}"
        if what not in self._warned:
            self._warned.add(what)
            log.warning("%s", what)
        return DomainError("internal_error", what[0].upper() + what[1:])

    def _shown(self, operation: Operation, example: Json, told: Told) -> Json:
        """An example as it is sent: what the contract's user wrote as an answer may have the request's values in it."""
        if not _is_chosen(operation):
            return example
        found = echoed(example, told, self._on.clock.now(), self._on.randomness.uuid)
        return example if found == example else found

    def _with(self, example: Json, schema: Json, told: Told) -> Json:
        """The example with what the path said, where it has such members: whoever asks for 42 is answered with 42."""
        if not isinstance(example, Mapping):
            return example
        for name, value in _of_path(told):
            if name in example and example[name] != value:
                changed = {**example, name: value}
                example = changed if self._checker.fits(schema, changed) else example
        return example

    def _header(self, operation: Operation, name: str, header: Parameter, maker: Maker) -> str:
        value = header.example
        if value is None:
            try:
                value = maker.value(header.schema, f"{operation.id}/{name}", name=name)
            except Unsatisfiable:
                value = ""
        if isinstance(value, list):
            return _UNSENDABLE.sub(" ", ",".join(map(str, value)))
        return _UNSENDABLE.sub(" ", value if isinstance(value, str) else orjson.dumps(value).decode())

    async def _maker(self) -> Maker:
        """That of the day: what has a date has one near the sandbox's present."""
        day = self._on.clock.now() // DAY
        if self._made_by is None or self._made_by[0] != day:
            # In a thread: words and names are read first.
            maker = await asyncio.to_thread(Maker, self._checker, self._on.randomness.seed, day * DAY)
            self._made_by, self._kept = (day, maker), Kept(_KEPT)
        return self._made_by[1]


def _chosen(operation: Operation) -> str:
    """The status that the contract's user wants as the usual one; empty for none."""
    return operation.keeper.status if isinstance(operation.keeper, ByAnswer) else ""


def _is_chosen(operation: Operation) -> bool:
    """Whether it is answered so because the contract's user said so, and not because nothing better keeps it."""
    return isinstance(operation.keeper, ByAnswer) and not operation.keeper.why


def _in_turn(examples: Mapping[str, Example], told: Told) -> Iterator[Example]:
    """Examples in the order in which they may be sent: first that which a parameter of the path or the query names."""
    said = _said(told)
    yield from (example for name, example in examples.items() if name.lower() in said)
    yield from examples.values()


def _said(told: Told) -> set[str]:
    """What the path and the query say, in small letters."""
    return {str(value).lower() for value in (*told.path.values(), *told.query.values()) if isinstance(value, str | int)}


def _has_example(outcome: Outcome, name: str) -> bool:
    return outcome.body is not None and any(name in examples for examples in outcome.body.examples.values())


def _concrete(media_type: str) -> str:
    """A media type for a range that the client did not choose from."""
    return {"text/*": "text/plain", "image/*": "image/png"}.get(media_type.lower(), "application/json")


def _of_path(told: Told) -> Iterator[tuple[str, Json]]:
    """What the path says; `{userId}` at its end is the `id` of a user, too."""
    yield from told.path.items()
    for name, value in told.path.items():
        words = words_of(name)
        if len(words) > 1 and words[-1] == "id" and len(told.path) == 1:
            yield "id", value


def _given(told: Told) -> dict[str, Json]:
    """What the request says, by the names of members that an answer may have; the path is nearest to what is meant."""
    sent = told.body if isinstance(told.body, Mapping) else {}
    path = dict(reversed(list(_of_path(told))))
    return {**told.query, **sent, **path}


def _fingerprint(told: Told) -> str:
    said: list[Any] = [told.path, told.query, told.body]
    text = orjson.dumps(said, default=repr, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.blake2b(text, digest_size=8).hexdigest()
