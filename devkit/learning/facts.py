"""What is told of one exchange, for learning from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl

import orjson

from devkit.blueprint.documents.vocabulary import plain
from devkit.contract.shapes import is_json
from devkit.learning.paths import LIST, Signature
from devkit.recording.base import Content, Fields, Recorded
from devkit.records import dataclass
from devkit.schemas.base import Json

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
_MOST_BYTES = 4 << 20
"""Larger bodies are not looked into."""
_ROWS = 200
_DEEPEST = 4
_CALLED = frozenset({
    "id", "uuid", "guid", "slug", "key", "code", "username", "login", "handle", "sku", "isbn", "shortid", "publicid",
    "externalid", "number", "sha",
})  # fmt: skip
"""Members by which a thing is called, wherever it is shown."""
_CALLED_HERE = _CALLED | {"name", "email", "title"}
"""The same, of things that were shown at the collection's own address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`target` is the path with its query, `status` 0 where no answer came. `request` and `answer` are values of JSON
    (a form's members as an object); None where there is none, or it was not read.
    """

    method: str
    target: str
    status: int
    request_fields: Fields = ()
    answer_fields: Fields = ()
    request: Json = None
    answer: Json = None

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.target.partition("?")[2], keep_blank_values=True)

    @property
    def request_type(self) -> str:
        return media_type(self.request_fields)

    @property
    def answer_type(self) -> str:
        return media_type(self.answer_fields)

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 400

    @property
    def signature(self) -> Signature | None:
        return None if self.answer is None else frozenset(_paths(self.answer, "", 0))

    def value(self, name: str) -> str:
        """A field of the request, by its name in small letters; empty for none."""
        return value_of(self.request_fields, name)


def value_of(fields: Fields, name: str) -> str:
    """A field's value, by its name in small letters; empty where there is none."""
    return next((value for called, value in fields if called.lower() == name), "")


def media_type(fields: Fields) -> str:
    """The media type that Content-Type says, without parameters, in small letters; empty for none."""
    return value_of(fields, "content-type").partition(";")[0].strip().lower()


def facts_of(recorded: Recorded) -> Facts:
    """What a recorded exchange tells."""
    return Facts(
        method=recorded.method.upper(),
        target=recorded.target,
        status=recorded.status,
        request_fields=recorded.request_fields,
        answer_fields=recorded.answer_fields,
        request=body_of(recorded.request_body, media_type(recorded.request_fields)),
        answer=body_of(recorded.answer_body, media_type(recorded.answer_fields)),
    )


def body_of(content: Content | None, named: str) -> Json:
    """A body as a value; None where it is neither JSON nor a form, or cannot be read."""
    if content is None or not content.size or content.size > _MOST_BYTES:
        return None
    return value_in(content.read(), named)


def value_in(data: bytes, named: str) -> Json:
    """The same of bytes."""
    if named == FORM:
        return dict(parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True))
    if not is_json(named):
        return None
    try:
        value: Json = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return value


def called_in(value: Json, *, here: bool = False, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Values by which things in an answer may be called, with their members' names; an empty name for texts of a list.
    `here` says that the answer is that of the things' own address.
    """
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for item in value[:_ROWS]:
            if isinstance(item, str) and here:
                yield item, ""
            else:
                yield from called_in(item, here=here, depth=depth + 1)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if isinstance(inner, Mapping | list):
                yield from called_in(inner, here=here, depth=depth + 1)
            elif _calls(name, here=here) and isinstance(inner, str | int) and not isinstance(inner, bool):
                yield str(inner), name


def _calls(name: str, *, here: bool) -> bool:
    return plain(name) in (_CALLED_HERE if here else _CALLED) or name in {"_id", "ID"}


def _paths(value: Json, before: str, depth: int) -> Iterator[str]:
    if isinstance(value, list):
        yield f"{before}{LIST}"
        if value and depth < 2:
            yield from _paths(value[0], f"{before}{LIST}.", depth + 1)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield f"{before}{name}"
            if depth < 1:
                yield from _paths(inner, f"{before}{name}.", depth + 1)
