"""The one entrance: whatever describes a backend becomes a blueprint, by what stands in it and not by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devkit.blueprint.base import Blueprint
from devkit.contract.base import Contract
from devkit.errors import FileError, nearest

_YAML_KEY = re.compile(rb"""^(?:"([\w-]+)"|'([\w-]+)'|([\w-]+))[ \t]*:(?=\s)""", re.MULTILINE)
_JSON_FIRST = re.compile(rb"""\s*\{\s*"([\w-]+)"\s*:""")
_DOCUMENTS = ("openapi", "swagger")
_OURS = ("contract", "resources", "operations", "accounts")
"""Keys that a file of ours begins with, or could be nothing without."""
_REMEDY = (
    "A file of your own begins with `contract:` and a name (`devkit contract init` writes one), an OpenAPI document "
    "with `openapi:` and its version."
)
_OTHERS: Mapping[str, str] = {
    "asyncapi": "an AsyncAPI document: that describes events and no operations",
    "log": "a recording (HAR), whose name should end in .har",
    "item": "a Postman collection",
    "arazzo": "an Arazzo description of workflows",
    "overlay": "an Overlay for an OpenAPI document",
    "services": "a file of Docker Compose",
    "$defs": "a JSON Schema",
    "properties": "a JSON Schema",
    "routes": "an environment of Mockoon",
}
"""What a key at the top gives away."""


def read(path: Path, ours: Contract, cache: Path | None = None) -> Blueprint:
    """The blueprint that a file describes. `ours` is the contract whose services it may name; what an OpenAPI document
    came to is kept in the folder `cache`, where one is given. Raises FileError.
    """
    keys = _keys(path)
    if "contract" not in keys and any(key in keys for key in _DOCUMENTS):
        from devkit.blueprint.documents import loading as documents

        return documents.load(path, cache)
    if not any(key in keys for key in _OURS) and nearest("contract", keys) is None:
        raise _neither(path, keys)
    from devkit.blueprint.file import loading as file

    return file.load(path, ours)


def _keys(path: Path) -> list[str]:
    """The keys at the top of a file, as far as they tell what it is: large ones are not read for that."""
    from devkit.blueprint.documents.reading import bytes_of

    raw = bytes_of(path).removeprefix(b"\xef\xbb\xbf")
    if not raw.strip():
        raise FileError(path, "is empty", remedy=_REMEDY)
    first = _JSON_FIRST.match(raw)
    if first:
        key = first[1].decode()
        return [key] if key in {*_DOCUMENTS, "contract"} else _parsed(path, raw, key)
    found = [(one or two or three).decode() for one, two, three in _YAML_KEY.findall(raw)]
    return found or _parsed(path, raw)


def _parsed(path: Path, raw: bytes, *guess: str) -> list[str]:
    """The same of what has to be read for it. What cannot be read is left to whoever can say why."""
    import orjson

    value: Any = None
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        if path.suffix == ".json":
            from devkit import yamlfile

            yamlfile.read_json(path)
        value = _yaml(path)
    if isinstance(value, dict):
        return [*value]
    return [*guess]


def _yaml(path: Path) -> Any:
    from devkit import yamlfile

    return yamlfile.read(path).value


def _neither(path: Path, keys: list[str]) -> FileError:
    looks = next((_OTHERS[key] for key in _OTHERS if key in keys), None)
    problem = f"looks like {looks}" if looks else "is neither a contract of yours nor an OpenAPI document"
    return FileError(path, problem, remedy=_REMEDY)
