"""Changes that are told apart from what they change: JSON Merge Patch (RFC 7396) and JSON Patch (RFC 6902)."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from devkit.contract.errors import DomainError
from devkit.schemas.base import Json

JSON_PATCH = "application/json-patch+json"


def merged(target: Json, patch: Json) -> Json:
    """The target as a merge patch makes it (RFC 7396, section 2)."""
    if not isinstance(patch, Mapping):
        return patch
    found = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = merged(found.get(name), value)
    return found


def patched(target: Json, patch: Json) -> Json:
    """A copy of the target after all operations of a JSON Patch. Raises DomainError `validation_error` where the patch
    is none, `conflict` where it does not fit the target: then nothing of it counts (RFC 6902, section 5; RFC 5789,
    section 2.2).
    """
    if not isinstance(patch, Sequence) or isinstance(patch, str):
        raise DomainError("validation_error", fields={"body": "Must be a list of operations (RFC 6902)"})
    document = copy.deepcopy(target)
    for number, operation in enumerate(patch):
        document = _Operation(number, operation).applied(document)
    return document


_NEEDS: Mapping[str, tuple[str, ...]] = {
    "add": ("value",),
    "remove": (),
    "replace": ("value",),
    "move": ("from",),
    "copy": ("from",),
    "test": ("value",),
}


class _Operation:
    """One operation of a patch, the `number`th from 0. Members that mean nothing here are passed over (section 4)."""

    def __init__(self, number: int, told: Json) -> None:
        self._number = number
        if not isinstance(told, Mapping):
            raise self._malformed("", "Must be an object")
        self._told = told
        self._does = told.get("op")
        if not isinstance(self._does, str) or self._does not in _NEEDS:
            raise self._malformed("op", f"Must be one of {', '.join(_NEEDS)}")
        self._path = self._pointer("path")
        for name in _NEEDS[self._does]:
            if name not in told:
                raise self._malformed(name, "Required")

    def applied(self, document: Json) -> Json:
        if self._does == "test":
            if not same(self._found(document, self._path), self._told["value"]):
                raise self._misfit("The value is another")
            return document
        if self._does == "remove":
            return self._removed(document, self._path)
        if self._does in ("add", "replace"):
            value = copy.deepcopy(self._told["value"])
            if self._does == "add":
                return self._added(document, value)
            # What is replaced must be there (section 4.3).
            self._found(document, self._path)
            return self._set(document, value)
        origin = self._pointer("from")
        value = copy.deepcopy(self._found(document, origin))
        if self._does == "move":
            if self._path[: len(origin)] == origin and self._path != origin:
                raise self._malformed("from", "Must not be above the path (RFC 6902, section 4.4)")
            document = self._removed(document, origin)
        return self._added(document, value)

    def _pointer(self, name: str) -> list[str]:
        """The steps of a JSON Pointer (RFC 6901)."""
        pointer = self._told.get(name)
        if not isinstance(pointer, str):
            raise self._malformed(name, "Must be a JSON Pointer (RFC 6901)" if name in self._told else "Required")
        if pointer and not pointer.startswith("/"):
            raise self._malformed(name, "A JSON Pointer begins with / (RFC 6901)")
        return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]

    def _found(self, document: Json, path: list[str]) -> Json:
        for step in path:
            if isinstance(document, list):
                document = document[self._index(step, len(document) - 1)]
            elif isinstance(document, dict) and step in document:
                document = document[step]
            else:
                raise self._misfit(f"There is nothing at /{'/'.join(path)}")
        return document

    def _added(self, document: Json, value: Json) -> Json:
        if not self._path:
            return value
        parent, last = self._found(document, self._path[:-1]), self._path[-1]
        if isinstance(parent, list):
            parent.insert(len(parent) if last == "-" else self._index(last, len(parent)), value)
        elif isinstance(parent, dict):
            parent[last] = value
        else:
            raise self._misfit("What is above it has no members")
        return document

    def _set(self, document: Json, value: Json) -> Json:
        if not self._path:
            return value
        parent, last = self._found(document, self._path[:-1]), self._path[-1]
        parent[int(last) if isinstance(parent, list) else last] = value
        return document

    def _removed(self, document: Json, path: list[str]) -> Json:
        self._found(document, path)
        if not path:
            return None
        parent, last = self._found(document, path[:-1]), path[-1]
        del parent[int(last) if isinstance(parent, list) else last]
        return document

    def _index(self, step: str, most: int) -> int:
        """The position that a step means; digits without zeros before them (RFC 6901, section 4)."""
        plain = step.isascii() and step.isdigit() and (step == "0" or step[0] != "0")
        # No list is so long that its positions have more digits.
        if not plain or len(step) > 9 or int(step) > most:
            raise self._misfit(f"There is no position {step}")
        return int(step)

    def _malformed(self, name: str, problem: str) -> DomainError:
        return DomainError("validation_error", fields={f"[{self._number}]" + (f".{name}" if name else ""): problem})

    def _misfit(self, problem: str) -> DomainError:
        place = f"Operation {self._number} of the patch ({self._does} {self._told.get('path')})"
        return DomainError("conflict", f"{place} does not fit: {problem[0].lower()}{problem[1:]}")


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal (RFC 6902, section 4.6): numbers by their size, and `true` is no number."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    return bool(one == other)
