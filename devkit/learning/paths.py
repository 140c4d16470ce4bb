"""From paths that were seen to templates: `/orders/17` is `/orders/{id}`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from urllib.parse import unquote

from devkit.blueprint.naming import singular, words
from devkit.records import dataclass

Signature = frozenset[str]
"""The paths of members that an answer has; answers of one kind have the same."""
LIST = "[]"
"""What the signature of a list has."""

_SHAPES = (
    ("integer", re.compile(r"-?\d{1,20}")),
    ("uuid", re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)),
    ("ulid", re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")),
    ("hex", re.compile(r"(?=[a-f]*\d)(?=\d*[a-f])(?:[0-9a-f]{8,}|[0-9A-F]{8,})")),
    ("date", re.compile(r"\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?")),
    ("email", re.compile(r"[^@\s/]+@[^@\s/]+\.[A-Za-z]+")),
    ("prefix", re.compile(r"[A-Za-z]{1,12}_(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{6,}")),
    ("random", re.compile(r"(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9_-]{16,}")),
)
"""Ids that no word looks like."""
_SLUG = re.compile(r"(?=.*[-_.\d])[\w.~-]+|[A-Z]{2,5}")
_WORD = re.compile(r"[\w.~@:+,;!$'()*=&-]+")
_FILE = re.compile(r"[^/]+\.[A-Za-z][A-Za-z0-9]{0,4}")
_SLUGS, _WORDS = 2, 3
"""How many siblings, with answers of one kind, it takes until they are ids: of slugs, and of plain words."""
_CROWD = 50
"""So many siblings are ids, whatever they answer."""
_WIDEST = 2_000
"""No more templates are told apart."""


def shape_of(segment: str) -> str:
    """The shape of a path's segment: that of an id, else `slug`, `word`, or `odd` for what stands in no template."""
    text = unquote(segment)
    for name, pattern in _SHAPES:
        if pattern.fullmatch(text):
            return name
    if _WORD.fullmatch(segment) is None:
        return "odd"
    return "slug" if _SLUG.fullmatch(segment) else "word"


IDS = frozenset({*(name for name, _ in _SHAPES), "odd"})
"""The shapes that say by themselves that something is called so."""


def is_file(segment: str) -> bool:
    """Whether it is called as a file is: `app.js`."""
    return _FILE.fullmatch(segment) is not None


@dataclass(slots=True, eq=False)
class _Node:
    """A path up to one segment. `called` is the member of an answer that the parameter is the value of."""

    literals: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    called: str = ""
    shapes: set[str] = field(default_factory=set)
    methods: dict[str, Signature] = field(default_factory=dict)
    """What ends here was asked for so, and answered like this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What else is known of a request. `answered` are values in the answer by which things are called, and `known`
    those of answers at a path and below, by that path; with the members that they were the values of. `signature` is of
    the answer; None where there was none in JSON. With `sure` False nothing is to be concluded of words: it failed.
    """

    method: str = "GET"
    signature: Signature | None = None
    answered: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sure: bool = True
    file: bool = False


_Steps = Sequence[tuple[str | None, _Node]]
"""The segments of a template, with None for each parameter."""


class Paths:
    """Grows with each path that is seen. What was a template once stays one."""

    def __init__(self) -> None:
        self._root = _Node()
        self._count = 0

    def find(self, path: str, method: str = "") -> str:
        """The template of a path, with what is known by now; empty where it is none. Without a method: whatever is done
        there. A word is before a parameter.
        """
        for steps, node in _ways(self._root, path.split("/")[1:], ()):
            if node.methods and (not method or method in node.methods):
                return _written(steps)
        return ""

    def settle(self) -> None:
        """Give up words that turned out to be some of many ids: of a recording all is known at once."""
        nodes = [self._root]
        while nodes:
            node = nodes.pop()
            found = node.parameter
            if found is not None:
                for name, one in [*node.literals.items()]:
                    alike = [
                        _alike(one.methods[method], found.methods.get(method, frozenset())) for method in one.methods
                    ]
                    if name and shape_of(name) in found.shapes and alike and all(alike):
                        del node.literals[name]
                nodes.append(found)
            nodes += node.literals.values()

    def see(self, path: str, evidence: Evidence) -> str:
        """The template of a path that is there; empty where that cannot be told."""
        segments = path.split("/")[1:]
        node, steps = self._root, list[tuple[str | None, _Node]]()
        new = False
        for at, segment in enumerate(segments):
            following = node.literals.get(segment)
            if following is not None:
                node = following
                steps.append((segment, node))
                continue
            prefix = _written(steps)
            called = self._called(node, segments, at, prefix, evidence)
            if called is None and not evidence.sure:
                return ""
            if called is None:
                if self._count >= _WIDEST:
                    return ""
                node.literals[segment] = following = _Node()
                steps.append((segment, following))
                new = True
            else:
                if node.parameter is None:
                    node.parameter = _Node(called=called)
                    new = True
                following = node.parameter
                following.shapes.add(shape_of(segment))
                steps.append((None, following))
            node = following
        self._count += new
        if evidence.method not in node.methods or evidence.signature:
            node.methods[evidence.method] = evidence.signature or frozenset()
        return _written(steps)

    def _called(self, node: _Node, segments: list[str], at: int, prefix: str, evidence: Evidence) -> str | None:
        """What a segment is called by, empty where there is no word for it; None where it is no id but a word."""
        segment, shape = segments[at], shape_of(segments[at])
        if not segment:
            return None
        rest, text, before = segments[at + 1 :], unquote(segment), node.parameter
        is_last = rest in ([], [""])
        if is_last and evidence.file and is_file(segment):
            return "file"
        called = evidence.known.get(prefix, {}).get(text)
        if called is None and (shape in IDS or (at and evidence.sure)):
            called = evidence.answered.get(text, "" if shape in IDS else None)
        if called is not None:
            return called
        if before is not None and shape in before.shapes and _fits(before, rest, evidence):
            return before.called
        return _crowd(node, at, shape, evidence) if is_last else None


def _ways(node: _Node, segments: Sequence[str], before: _Steps) -> Iterator[tuple[_Steps, _Node]]:
    """Where a path may lead: words come before parameters."""
    if not segments:
        yield before, node
        return
    head, rest = segments[0], segments[1:]
    following = node.literals.get(head)
    if following is not None:
        yield from _ways(following, rest, (*before, (head, following)))
    if node.parameter is not None and head:
        yield from _ways(node.parameter, rest, (*before, (None, node.parameter)))


def _fits(before: _Node, rest: Sequence[str], evidence: Evidence) -> bool:
    """Whether what is done below a parameter is done here as well."""
    for _, node in _ways(before, rest, ()):
        known = node.methods.get(evidence.method)
        if known is not None:
            return evidence.sure and (not known or evidence.signature is None or _alike(evidence.signature, known))
    return False


def _crowd(node: _Node, at: int, shape: str, evidence: Evidence) -> str | None:
    """An empty name where a segment is one of several of a shape and a kind."""
    siblings = [one for name, one in node.literals.items() if name and shape_of(name) == shape]
    if at and len(siblings) >= _CROWD:
        return ""
    signature = evidence.signature
    if not at or not evidence.sure or not signature or len(signature) < 2 or LIST in signature:
        return None
    alike = sum(_alike(one.methods.get(evidence.method, frozenset()), signature) for one in siblings)
    return "" if alike + 1 >= (_SLUGS if shape == "slug" else _WORDS) else None


def _alike(one: Signature, other: Signature) -> bool:
    """Whether two answers are of one kind: what need not be there may be missing."""
    return 3 * len(one & other) >= 2 * max(len(one), len(other), 1)


def _written(steps: _Steps) -> str:
    """The template: what a thing is called by is called so, with what it is one of, where another one follows."""
    parameters = [at for at, (text, _) in enumerate(steps) if text is None]
    called = {at: "_".join(words(steps[at][1].called)) or "id" for at in parameters}
    named = dict(called)
    for at in parameters[:-1]:
        one = "_".join(words(singular(steps[at - 1][0] or ""))) if at else ""
        if one and one not in called[at] and (called[at] == "id" or [*called.values()].count(called[at]) > 1):
            named[at] = f"{one}_{called[at]}"
    taken: set[str] = set()
    for at, name in named.items():
        unique, number = name, 2
        while unique in taken:
            unique, number = f"{name}_{number}", number + 1
        taken.add(unique)
        named[at] = unique
    return "".join(f"/{{{named[at]}}}" if at in named else f"/{text}" for at, (text, _) in enumerate(steps))
