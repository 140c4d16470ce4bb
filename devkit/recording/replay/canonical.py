"""Requests in a form in which equal ones are equal: the query as a multiset, JSON as a value, a form as its pairs, a
multipart body without its boundary, GraphQL by operation and variables. What is secret or volatile counts for nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson

from devkit.masking import is_secret, put_in_address
from devkit.recording.base import Fields
from devkit.recording.har.bodies import field
from devkit.recording.replay.settings import Match, ReplaySettings
from devkit.records import dataclass

ANY = "*"
"""What stands in the place of what does not count."""
FORM = "application/x-www-form-urlencoded"
_GRAPHQL_NAME = re.compile(r"\b(?:query|mutation|subscription)\s+(\w+)")
_BOUNDARY = re.compile(r'boundary="?([^";]+)', re.IGNORECASE)
_PART_NAME = re.compile(r'\bname="([^"]*)"(?:.*?\bfilename="([^"]*)")?', re.IGNORECASE | re.DOTALL)
_SHOWN = 40

Path = tuple[str, ...]
_NONE: frozenset[Path] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A request in that form. `body` is a value of JSON; None where there is none. `unknown` says that nobody knows
    what it was, and that any body is as good.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: Any = None
    unknown: bool = False

    def key(self) -> bytes:
        """Equal for equal requests, whatever their body is, where it is not known."""
        data = None if self.unknown else self.body
        said = orjson.dumps([self.method, self.path, self.query, self.unknown, data], option=_SORTED, default=repr)
        return hashlib.blake2b(said, digest_size=12).digest()


_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


class Canon:
    """Brings requests into that form, as the settings say. `volatile` are paths of members in bodies that were found to
    differ, by operation.
    """

    def __init__(self, settings: ReplaySettings, volatile: Mapping[str, frozenset[Path]] | None = None) -> None:
        self._settings = settings
        self._volatile = volatile or {}
        named = [name for name in settings.volatile if not name.startswith(("query.", "body."))]
        self._names = frozenset(named)
        self._query = frozenset(name.removeprefix("query.") for name in settings.volatile if name.startswith("query."))
        self._paths = frozenset(
            _path_of(name.removeprefix("body.")) for name in settings.volatile if name.startswith("body.")
        )

    def form(
        self, method: str, target: str, fields: Fields, body: bytes | None, template: str, *, unknown: bool = False
    ) -> Form:
        match = self._settings.matched(method, template)
        path, _, query = put_in_address(target, lambda _, __: ANY).partition("?")
        paths = self._paths | self._volatile.get(f"{method} {template}", _NONE)
        pairs = tuple(sorted(self._pairs(query, match, paths))) if query else ()
        value: Any = None
        if not match.body:
            unknown = False
        elif body and not unknown:
            value = self.value(body, field(fields, "content-type"), paths)
        return Form(method=method, path=unquote(path), query=pairs, body=value, unknown=unknown)

    def _pairs(self, query: str, match: Match, paths: frozenset[Path]) -> Iterator[tuple[str, str]]:
        if match.query is False:
            return
        for name, value in parse_qsl(query, keep_blank_values=True):
            if isinstance(match.query, list) and name not in match.query:
                continue
            if name not in self._query and name not in self._names and ("?", name) not in paths:
                yield name, value

    def value(self, body: bytes, kind: str, paths: frozenset[Path] = frozenset()) -> Any:
        """A body as a value."""
        name = kind.partition(";")[0].strip().lower()
        if name.startswith("multipart/"):
            return self._parts(body, kind)
        if name == FORM:
            form: dict[str, Any] = {}
            for one, value in sorted(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)):
                form.setdefault(one, []).append(ANY if self._is_free(one) else value)
            return {one: values[0] if len(values) == 1 else values for one, values in form.items()}
        if name.endswith(("/json", "+json")) or (body[:1] in b"{[" and name in {"", "text/plain"}):
            try:
                parsed = orjson.loads(body)
            except orjson.JSONDecodeError:
                return ["bytes", len(body), hashlib.sha256(body).hexdigest()]
            return self._json(_graphql(parsed), (), paths)
        if len(body) <= 1024:
            return ["text", body.decode("latin-1")]
        return ["bytes", len(body), hashlib.sha256(body).hexdigest()]

    def _json(self, value: Any, at: Path, paths: frozenset[Path]) -> Any:
        if isinstance(value, dict):
            return {
                name: ANY if self._is_free(name) or (*at, name) in paths else self._json(one, (*at, name), paths)
                for name, one in value.items()
            }
        if isinstance(value, list):
            return [self._json(one, (*at, "[]"), paths) for one in value]
        # As JSON has numbers, 1.0 is 1.
        return int(value) if isinstance(value, float) and value.is_integer() else value

    def _is_free(self, name: str) -> bool:
        return name in self._names or is_secret(name)

    def _parts(self, body: bytes, kind: str) -> Any:
        boundary = _BOUNDARY.search(kind)
        if boundary is None:
            return ["bytes", len(body), hashlib.sha256(body).hexdigest()]
        found = []
        for part in body.split(b"--" + boundary[1].encode())[1:-1]:
            head, _, data = part.partition(b"\r\n\r\n")
            data = data.removesuffix(b"\r\n")
            named = _PART_NAME.search(head.decode("utf-8", "replace"))
            name, filename = (named[1], named[2]) if named else ("", None)
            shown: Any = data.decode("utf-8", "replace") if filename is None and len(data) <= 1024 else None
            if shown is None:
                shown = hashlib.sha256(data).hexdigest()
            found.append([name, filename, ANY if filename is None and self._is_free(name) else shown])
        return found


def _graphql(value: Any) -> Any:
    """GraphQL by its operation: what clients print of a query differs by space and fragments."""
    if isinstance(value, list) and value and all(_is_graphql(one) for one in value):
        return [_graphql(one) for one in value]
    if not _is_graphql(value):
        return value
    name = value.get("operationName")
    if not name:
        named = _GRAPHQL_NAME.search(value["query"])
        name = named[1] if named else re.sub(r"\s+", " ", value["query"]).strip()
    return {"operationName": name, "variables": value.get("variables") or {}}


def _is_graphql(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("query"), str):
        return False
    return value.keys() <= {"query", "operationName", "variables", "extensions", "id"} and (
        "variables" in value or "operationName" in value or "{" in value["query"]
    )


def _path_of(text: str) -> Path:
    found: list[str] = []
    for step in text.split("."):
        name, *lists = step.split("[]")
        found += [name] * bool(name)
        found += ["[]"] * len(lists)
    return tuple(found)


def difference(asked: Form, recorded: Form) -> str:
    """The first thing in which they differ, as the end of a sentence; empty where nothing does."""
    if asked.method != recorded.method:
        return f"its method is {recorded.method}"
    if asked.path != recorded.path:
        return f"its path is {recorded.path}"
    if asked.query != recorded.query:
        return _of_queries(asked.query, recorded.query)
    if recorded.unknown or asked.body == recorded.body:
        return ""
    return _of_values(asked.body, recorded.body)


def _of_queries(asked: tuple[tuple[str, str], ...], recorded: tuple[tuple[str, str], ...]) -> str:
    more = [pair for pair in asked if pair not in recorded]
    less = [pair for pair in recorded if pair not in asked]
    if more and less:
        return f"its query has {_pair(less[0])}, where {_pair(more[0])} is asked"
    if less:
        return f"its query has {_pair(less[0])}, too"
    if more:
        return f"its query has no {_pair(more[0])}"
    return "its query has a parameter another number of times"


def _pair(pair: tuple[str, str]) -> str:
    return f"{pair[0]}={_short(pair[1])}"


def _of_values(asked: Any, recorded: Any, at: str = "") -> str:
    """`at` is the path of both, such as `items[0].quantity`."""
    where = f"`{at}` in its body" if at else "its body"
    if isinstance(asked, dict) and isinstance(recorded, dict):
        for name in recorded:
            inside = f"{at}.{name}" if at else name
            if name not in asked:
                return f"it has `{inside}` in its body, too"
            if asked[name] != recorded[name]:
                return _of_values(asked[name], recorded[name], inside)
        name = next(name for name in asked if name not in recorded)
        return f"it has no `{at}.{name}` in its body" if at else f"it has no `{name}` in its body"
    if isinstance(asked, list) and isinstance(recorded, list):
        if len(asked) != len(recorded):
            return f"{where} has {len(recorded)} values, not {len(asked)}"
        for number, (one, other) in enumerate(zip(asked, recorded, strict=True)):
            if one != other:
                return _of_values(one, other, f"{at}[{number}]")
    return f"{where} is {_short(recorded)}, not {_short(asked)}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else "none" if value is None else orjson.dumps(value, default=repr).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


Route = Callable[[str, str], str]
"""The template of a path (method and target given), such as `/orders/{id}`; empty where there is none."""
