"""What is wrong with a value, from what the engine says: all of it, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from devkit.records import dataclass
from devkit.schemas import wording

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

Path = tuple[str | int, ...]
"""Where in a value: names of members, and numbers of items from 0."""

_SHOWN = 200
"""Characters of a place that are shown."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `reason` is what kind of mistake, as pydantic calls it."""

    path: Path
    message: str
    reason: str


def dotted(path: Path, of: str = "body") -> str:
    """`items[0].title`; `of` is what the whole value is called."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return (text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…") or of


def problems_of(error: ValidationError) -> Iterator[Problem]:
    path, rule, about = tuple(error.instance_path), error.kind.name, error.kind.as_dict()
    if rule in {"required", "dependentRequired"} and "property" in about:
        yield Problem((*path, about["property"]), *wording.missing())
    elif rule in {"additionalProperties", "unevaluatedProperties"} and "unexpected" in about:
        for name in about["unexpected"]:
            yield Problem((*path, name), *wording.unknown())
    elif rule == "propertyNames":
        sentence, reason = next(iter((one.message, one.reason) for one in problems_of(about["error"])))
        yield Problem((*path, str(about["error"].instance)), f"The name: {sentence}", reason)
    elif rule == "falseSchema":
        yield Problem(path, *wording.forbidden())
    elif "context" in about and any(about["context"]) and all(about["context"]):
        yield from _of_alternatives(path, about["context"])
    else:
        yield Problem(path, *wording.told(rule, about, error.instance))


def _of_alternatives(path: Path, branches: Sequence[Sequence[ValidationError]]) -> Iterator[Problem]:
    """What to say where none of several schemas fits: what is wrong by the one that was most likely meant."""
    open_ones = [branch for branch in branches if not any(_is_here(error, path, "type") for error in branch)]
    if not open_ones:
        yield Problem(path, *wording.wrong_types(name for branch in branches for name in _types(branch, path)))
        return
    words = [_options(branch, path) for branch in open_ones]
    if all(word is not None for word in words):
        # Alternatives that are but words are one list of words.
        options = [option for word in words for option in word or ()]
        yield Problem(path, *wording.told("enum", {"options": options}, None))
        return
    meant = min(open_ones, key=lambda branch: _distance(branch, path))
    for error in meant:
        yield from problems_of(error)


def _is_here(error: ValidationError, path: Path, *rules: str) -> bool:
    return error.kind.name in rules and tuple(error.instance_path) == path


def _types(branch: Iterable[ValidationError], path: Path) -> Iterator[str]:
    for error in branch:
        if _is_here(error, path, "type"):
            yield from error.kind.as_dict()["types"]


def _options(branch: Sequence[ValidationError], path: Path) -> list[Any] | None:
    """The words that it may be, where it is that alone that was wrong."""
    found: list[Any] = []
    for error in branch:
        if not _is_here(error, path, "enum", "const"):
            return None
        about = error.kind.as_dict()
        found.extend(about["options"] if "options" in about else [about["expected_value"]])
    return found


def _distance(branch: Sequence[ValidationError], path: Path) -> tuple[bool, bool, int]:
    """How far a value is from what an alternative asks for. One whose mark (the `const` of a member) is another's was
    not meant.
    """
    marked = any(error.kind.name in {"const", "enum"} and len(error.instance_path) == len(path) + 1 for error in branch)
    unmarked = any(_is_here(error, path, "required") for error in branch)
    return marked, unmarked, len(branch)
