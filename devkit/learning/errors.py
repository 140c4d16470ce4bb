"""How a backend's errors look: the shape that most operations have for theirs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from devkit.blueprint.documents.vocabulary import plain
from devkit.learning.facts import Facts
from devkit.learning.learning import Learned
from devkit.learning.values import format_of
from devkit.records import dataclass
from devkit.schemas.base import Json

_PROBLEM = frozenset({"type", "title", "status"})
_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("message", "msg", "detail", "description", "errormessage", "errordescription"), "{message}"),
    **dict.fromkeys(("code", "errorcode", "name"), "{code}"),
    **dict.fromkeys(("requestid", "traceid", "correlationid"), "{request_id}"),
    **dict.fromkeys(("timestamp", "time"), "{timestamp}"),
}
"""What a text that is called so tells of an error."""
_STATUS = frozenset({"status", "statuscode", "code"})
_FIELDS = frozenset({"errors", "fields", "details", "fielderrors", "violations"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`like` is `problem` where it is that of RFC 9457, or what a shape that is known is called; else there is a
    `template`. Without either nothing was told.
    """

    like: str = ""
    template: Json = None


Fits = Callable[[Json], bool]
"""Whether an error has a shape."""


def shape_of_errors(learned: Learned, known: Mapping[str, Fits] = MappingProxyType({})) -> Shape:
    """The shape of most errors, by how many operations had it. A `known` one is named where all errors have it."""
    found: dict[frozenset[str], list[Facts]] = {}
    seen: dict[frozenset[str], set[str]] = {}
    for one in learned.exchanges:
        if one.facts.status >= 400 and isinstance(one.facts.answer, dict) and one.facts.answer:
            names = frozenset(one.facts.answer)
            found.setdefault(names, []).append(one.facts)
            seen.setdefault(names, set()).add(one.operation.id)
    bodies = [facts.answer for those in found.values() for facts in those]
    like = next((name for name, fits in known.items() if bodies and all(map(fits, bodies))), "")
    if like:
        return Shape(like=like)
    ranked = sorted(found, key=lambda names: (len(seen[names]), len(found[names])), reverse=True)
    for names in ranked:
        if names >= _PROBLEM:
            return Shape(like="problem")
        template = _template([(facts.answer, facts.status) for facts in found[names]])
        if "{message}" in str(template) or "{fields}" in str(template) or "{errors}" in str(template):
            return Shape(template=template)
    return Shape()


def _template(samples: Sequence[tuple[Json, int]], called: str = "") -> Json:
    """What all of these come to, with words for what is different in each, or is called so."""
    first, name = samples[0][0], plain(called)
    values = [value for value, _ in samples]
    if isinstance(first, int) and name in _STATUS and all(value == status for value, status in samples):
        return "{status}"
    if isinstance(first, str):
        return _text(values, name)
    if isinstance(first, list) and first:
        return "{errors}" if isinstance(first[0], dict) else ["{message}"]
    return _object(samples, name) if isinstance(first, dict) else first


def _object(samples: Sequence[tuple[Json, int]], name: str) -> Json:
    first = samples[0][0]
    if name in _FIELDS and all(isinstance(inner, list | str) for inner in first.values()):
        return "{fields}"
    objects = [(value, status) for value, status in samples if isinstance(value, dict)]
    often = Counter(key for value, _ in objects for key in value)
    usual = [key for key, count in often.items() if count * 2 >= len(samples)]
    whole = [(value, status) for value, status in objects if all(key in value for key in usual)]
    return {key: _template([(value[key], status) for value, status in whole], key) for key in usual} if whole else {}


def _text(values: Sequence[Json], name: str) -> Json:
    if name in _WORDS:
        return _WORDS[name]
    if all(isinstance(value, str) and format_of(value) == "date-time" for value in values):
        return "{timestamp}"
    # What is the same each time says nothing of an error; one text alone is what there is to say.
    same = len({*map(str, values)}) == 1
    return values[0] if same and len(values) > 1 and name not in {"error", "reason", "title"} else "{message}"
