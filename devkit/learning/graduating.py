"""From what was learned to files: a `backend.yaml`, the document that it stands on, the rows of the beginning, and what
is always answered.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field

import orjson

from devkit.blueprint.base import Blueprint, Planned
from devkit.contract.keeping import ByAnswer, ByResource
from devkit.contract.shapes import is_json
from devkit.learning.accounts import Accounts, accounts_of
from devkit.learning.document import Document
from devkit.learning.errors import Fits, shape_of_errors
from devkit.learning.filling import Filled, fills_of
from devkit.learning.learning import Exchange, Learned
from devkit.learning.marking import Marking, item_of, marks_of
from devkit.learning.profiles import Profiles
from devkit.learning.rows import Kept, Tables, changes, order_of, references_of
from devkit.learning.unique import unique_of
from devkit.records import dataclass
from devkit.schemas.base import Json

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_WORDS = frozenset({"true", "false", "null", "y", "n", "yes", "no", "on", "off"})
_ODD = re.compile(r"[^A-Za-z0-9]+")
_MOST_ANSWERS = 50
"""Answers of one operation that are told apart."""

_WITH_PASSWORD = ("# Who signed in while it was recorded, and had an account before.",)
_WITH_PLACEHOLDERS = (
    "# Who signed in while it was recorded, and had an account before. No recording has passwords: these stand for",
    "# them there. Write those here that your tests type.",
)


@dataclass(slots=True, eq=False)
class Graduated:
    """What comes of a recording: `files` by their paths beside the backend.yaml, which is `text`. `told` are sentences
    about what could not be told. `people` are the addresses of those who are in the seed, by their passwords.
    """

    text: str = ""
    files: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    people: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """`folder` is where all files but the backend.yaml are, beside it; `load` reads a document. `errors` are the shapes
    of errors that have names. `password` is everybody's; without it, it is what stands for theirs in the recording.
    """

    folder: str
    load: Callable[[str], Blueprint]
    errors: Mapping[str, Fits] = field(default_factory=dict)
    password: str = ""


def graduated(learned: Learned, means: Means) -> Graduated:
    """What comes of it."""
    return _Graduating(learned, means).made()


class _Graduating:
    def __init__(self, learned: Learned, means: Means) -> None:
        self._learned, self._means = learned, means
        self._folder, self._load, self._password = means.folder, means.load, means.password
        self._accounts = accounts_of(learned)
        whole = self._accounts.whole if self._accounts else frozenset()
        kept = tuple(one for one in learned.operations if one.id not in whole)
        self._served = Learned(
            name=learned.name,
            base=learned.base,
            operations=kept,
            exchanges=tuple(one for one in learned.exchanges if one.operation.id not in whole),
            people=learned.people,
            left=learned.left,
        )
        self._by_id = {one.id: self._served.of(one) for one in kept}
        self._unique: Mapping[str, Mapping[str, int]] = {}
        self._marks: dict[str, list[Marking]] = {}
        self._out = Graduated()

    def made(self) -> Graduated:
        first = self._load(json.dumps(Document(self._served).value()))
        shown = {one.id: True for one in first.operations if isinstance(one.keeping, ByAnswer)}
        text = json.dumps(Document(self._served, shown).value(), indent=2, ensure_ascii=False) + "\n"
        self._out.files[f"{self._folder}/openapi.json"] = text
        blueprint = self._load(text)
        tables = Tables(self._served, blueprint)
        for name, kept in tables.kept.items():
            self._marks[name] = marks_of(self._served, tables, kept, blueprint)
            for mark in self._marks[name]:
                kept.filters |= dict.fromkeys(mark.filters, mark.name)
                kept.unknown = [one for one in kept.unknown if one not in mark.filters]
        self._unique = {name: unique_of(self._served, tables, kept) for name, kept in tables.kept.items()}
        lines = [*self._head(), *self._session(), *self._errors()]
        lines += [*self._resources(blueprint, tables), *self._operations(blueprint, tables), *self._rest()]
        self._out.text = "\n".join(lines).rstrip() + "\n"
        return self._out

    def _head(self) -> Iterator[str]:
        learned = self._learned
        count = len(learned.exchanges)
        yield f"# What a recording of {count} exchanges tells of a backend: read it, and change what is otherwise."
        yield "# Comments say what could not be told. What the words mean: docs/your-backend.md."
        yield ""
        yield f"contract: {learned.name}"
        yield f"openapi: {self._folder}/openapi.json"
        yield ""

    def _session(self) -> Iterator[str]:
        accounts = self._accounts
        if accounts is None:
            yield "# accounts: true                 # nobody was seen to sign in"
            yield ""
            return
        ways = [f"cookie: {_word(accounts.cookie)}"] * bool(accounts.cookie) + ["bearer: true"] * accounts.bearer
        yield "accounts:"
        yield f"  like: {accounts.like}"
        yield f"  session: {{{', '.join(ways)}}}"
        if accounts.profiles.fields:
            yield "  fields:                        # what people have besides"
            yield from (f"    {_key(name)}: {_flow(schema)}" for name, schema in accounts.profiles.fields.items())
        if accounts.operations:
            yield "  operations:"
            yield from (f"    {_key(name)}: {service}" for name, service in accounts.operations.items())
        self._people(accounts)
        yield ""

    def _people(self, accounts: Accounts) -> None:
        """Those who were there before: they are in the seed of users."""
        users = []
        for one in accounts.people:
            if one.password:
                called = str(one.known.get("name") or one.known.get("username") or "Somebody")
                first, _, last = called.partition(" ")
                told = {"email": one.known.get("email") or f"{one.known.get('username', 'somebody')}@example.com"}
                told |= {"username": one.known["username"]} if "username" in one.known else {}
                own = accounts.profiles.first(one)
                password = self._password or one.password
                told |= {"password": password, "first_name": first} | ({"last_name": last} if last else {})
                told |= {"own": dict(own)} if own else {}
                self._out.people.setdefault(password, []).append(str(told["email"]))
                users.append("  - " + _flow(told))
        if users:
            comment = _WITH_PASSWORD if self._password else _WITH_PLACEHOLDERS
            self._out.files["seed/users.yaml"] = "\n".join([*comment, "users:", *users]) + "\n"

    def _errors(self) -> Iterator[str]:
        shape = shape_of_errors(self._served, self._means.errors)
        told = {status for found in self._unique.values() for status in found.values()}
        # What is taken already is a conflict (409), unless it was never called so.
        statuses = {"conflict": min(told)} if told and 409 not in told else {}
        yield "errors:"
        if shape.like in self._means.errors:
            yield f"  like: {shape.like:24} # all that were recorded have its shape"
        elif shape.template is not None:
            yield f"  template: {_flow(shape.template)}"
        elif shape.like:
            yield f"  like: {shape.like:24} # RFC 9457"
        else:
            yield "  # How they look in general could not be told: what was not recorded is RFC 9457's."
        yield "  examples: true                 # what was recorded is sent as it was, where it fits"
        if statuses:
            yield f"  statuses: {_flow(statuses)}"
        yield ""

    def _resources(self, blueprint: Blueprint, tables: Tables) -> Iterator[str]:
        if not tables.kept:
            yield "# No collection (/orders) with items (/orders/{id}) was seen: there are no resources."
            yield ""
            return
        yield "resources:"
        for name, kept in tables.kept.items():
            yield from self._resource(name, kept, blueprint, tables)
        yield ""

    def _resource(self, name: str, kept: Kept, blueprint: Blueprint, tables: Tables) -> Iterator[str]:
        yield f"  {_key(name)}:"
        for one in blueprint.operations:
            if isinstance(one.keeping, ByResource) and one.keeping.resource == name:
                yield f"    # {one.method} {blueprint.base}{one.path}"
        filled = fills_of(self._served, tables, kept, self._accounts.profiles if self._accounts else Profiles())
        if filled.owned:
            yield "    owner: user                  # nobody was seen to see rows of others"
        if filled.fills:
            yield "    fills:                       # what the server puts into a new row"
            yield from (f"      {_key(column)}: {_flow(value)}" for column, value in filled.fills.items())
        if filled.only_by:
            yield f"    only_by: {_key(filled.only_by):19} # whoever changes a row of somebody else is refused (403)"
        if marks := self._marks[name]:
            yield "    marks:                       # what people mark rows with, each for themselves"
            yield from (f"      {_key(mark.name)}: {_flow(mark.words)}" for mark in marks)
        if referred := references_of(kept, tables.kept):
            yield f"    references: {_flow(dict(referred))}   # by their values"
        if unique := self._unique[name]:
            yield f"    unique: {_flow([*unique])}   # whoever gave one that was there was refused"
        yield from self._unknown(kept, filled)
        yield from _listing(kept)
        if kept.rows:
            file = f"{self._folder}/{_ODD.sub('-', name)}.json"
            flags = {mark.flag: False for mark in marks}  # nobody here has marked them
            rows = [{**row, **{flag: no for flag, no in flags.items() if flag in row}} for row in kept.rows.values()]
            self._out.files[file] = json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
            yield f"    seed: {file}"
        else:
            yield "    seed: []                     # no row was seen that was there before"
        if kept.incomplete:
            yield f"    # {kept.incomplete} more rows were there, of which too little was seen."

    def _unknown(self, kept: Kept, filled: Filled) -> Iterator[str]:
        for column in filled.untold:
            yield f"    # {column}: the server sets it; nothing seen says how, and a new row has a made-up value."

    def _operations(self, blueprint: Blueprint, tables: Tables) -> Iterator[str]:
        lines: list[str] = []
        bound = self._accounts.operations if self._accounts else {}
        for planned in blueprint.operations:
            if isinstance(planned.keeping, ByAnswer) and planned.id not in bound:
                lines += self._operation(planned, blueprint, tables)
        if lines:
            yield "operations:"
            yield from lines
            yield ""

    def _operation(self, planned: Planned, blueprint: Blueprint, tables: Tables) -> Iterator[str]:
        exchanges = self._by_id.get(planned.id, [])
        step = self._step(planned, blueprint, tables)
        if step:
            yield f"  {_key(planned.id)}: {_flow(step)}"
            return
        good = [one for one in exchanges if one.facts.succeeded]
        if not good:
            yield f"  # {planned.id}: nothing but errors was seen of it."
            return
        answers = [one for one in good if one.facts.answer is not None and is_json(one.facts.answer_type)]
        why = planned.keeping.why if isinstance(planned.keeping, ByAnswer) else ""
        if not answers:
            return
        yield f"  # {planned.method} {blueprint.base}{planned.path}: {why}."
        different = _different(answers)
        status = answers[0].facts.status
        more = f", status: {status}" * (status != 200)
        if len(different) == 1 and not self._is_missing(exchanges):
            yield f"  {_key(planned.id)}: {{answer: {self._answer(planned, '', different[0])}{more}}}"
            return
        named, is_sure = _by_input(answers)
        if not is_sure:
            yield "  # The same was answered in several ways, for reasons that were not seen: this is what came most."
        if not named:
            yield f"  {_key(planned.id)}: {{answer: {self._answer(planned, '', _usual(answers))}{more}}}"
            return
        yield f"  {_key(planned.id)}:"
        if more:
            yield f"    status: {status}"
        if self._is_missing(exchanges):
            yield "    else: not_found"
        yield "    answers:                     # by what the request says"
        for value, answer in named.items():
            yield f"      {_key(value)}: {self._answer(planned, value, answer)}"

    def _is_missing(self, exchanges: list[Exchange]) -> bool:
        """Whether something was asked for that was not there."""
        return any(one.facts.status == 404 for one in exchanges)

    def _step(self, planned: Planned, blueprint: Blueprint, tables: Tables) -> dict[str, Json]:
        """What it sets in a row; nothing where it does not."""
        keeping = item_of(planned, blueprint)
        if keeping is None:
            return {}
        for mark in self._marks[keeping.resource]:
            if planned.id in {mark.puts, mark.takes}:
                return {"on": keeping.resource, "mark" if planned.id == mark.puts else "unmark": mark.name}
        found = changes(self._served.exchanges, tables, planned, blueprint.resources[keeping.resource])
        return {"on": keeping.resource, "set": dict(found)} if found else {}

    def _answer(self, planned: Planned, value: str, answer: Json) -> str:
        """The file of an answer."""
        name = "-".join(filter(None, [_ODD.sub("-", planned.id).strip("-"), _ODD.sub("-", value).strip("-")]))
        file = unique = f"{self._folder}/answers/{name}"
        number = 2
        while f"{unique}.json" in self._out.files:
            unique, number = f"{file}-{number}", number + 1
        self._out.files[f"{unique}.json"] = json.dumps(answer, indent=2, ensure_ascii=False) + "\n"
        return f"{unique}.json"

    def _rest(self) -> Iterator[str]:
        if self._learned.left:
            yield "# Nothing was made of:"
            yield from (f"#   {count} × {why}" for why, count in self._learned.left.items())


def _listing(kept: Kept) -> Iterator[str]:
    by, listing = order_of(kept), kept.resource.listing
    if by or kept.filters:
        words: dict[str, Json] = {"filter": {**listing.filters, **kept.filters}, "sort": [*listing.sorts]}
        words |= {"search": [*listing.search]} | ({"order": by} if by else {})
        yield f"    list: {_flow(words)}"
    for name in kept.unknown:
        yield f"    # ?{name}= was asked for, and what it chooses could not be told: it is read, and chooses nothing."
    if by is None:
        yield "    # The order of its lists could not be told: the newest come first."


def _different(exchanges: list[Exchange]) -> list[Json]:
    """The answers, each once."""
    return [*{_told(one): one.facts.answer for one in exchanges}.values()]


def _told(exchange: Exchange) -> bytes:
    return orjson.dumps(exchange.facts.answer, option=orjson.OPT_SORT_KEYS)


def _by_input(exchanges: list[Exchange]) -> tuple[Mapping[str, Json], bool]:
    """The answers by a value of the path or the query, and whether that tells them apart; none where nothing does."""
    names = dict.fromkeys(name for one in exchanges for name in (*one.values, *dict(one.facts.query)))
    best: Mapping[str, Json] = {}
    for name in names:
        by_value: dict[str, list[Exchange]] = {}
        for one in exchanges:
            by_value.setdefault({**dict(one.facts.query), **one.values}.get(name, ""), []).append(one)
        if "" in by_value or len(by_value) > _MOST_ANSWERS:
            continue
        found = {value: _usual(those) for value, those in by_value.items()}
        if all(len(_different(those)) == 1 for those in by_value.values()):
            return found, True
        best = best or found
    return best, False


def _usual(exchanges: list[Exchange]) -> Json:
    """The answer that came most often; of several the last."""
    often = Counter(map(_told, exchanges))
    return max(reversed(exchanges), key=lambda one: often[_told(one)]).facts.answer


def _key(name: str) -> str:
    return name if _PLAIN.fullmatch(name) and name.lower() not in _WORDS else json.dumps(name, ensure_ascii=False)


_word = _key


def _flow(value: Json) -> str:
    """A value on one line, as YAML has it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(str(name))}: {_flow(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
