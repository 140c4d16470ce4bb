"""How a list looks: where its rows are, what else is told, and by which parameters it comes in pages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal
from urllib.parse import urlsplit

from devkit.blueprint.documents import vocabulary
from devkit.blueprint.documents.looking import Look
from devkit.blueprint.documents.vocabulary import plain
from devkit.blueprint.naming import singular
from devkit.contract.resources import Pages
from devkit.contract.shapes import Parameter
from devkit.records import dataclass
from devkit.schemas.base import Json, Schema

Asked = Literal["page", "offset", "cursor", "size", ""]
Style = Literal["page", "offset", "cursor", "none"]
_STYLES: tuple[Literal["page", "offset", "cursor"], ...] = ("page", "offset", "cursor")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListShape:
    """`items` is the path of the rows, `element` one row's schema. `told` are paths of what is known, by what it is:
    `total`, `next`, `previous`, `more`, `page`, `size`, `pages`. `whole` is the answer's schema.
    """

    items: str
    element: Schema
    told: Mapping[str, str]
    whole: Schema


def asked_for(parameter: Parameter) -> Asked:
    """What a parameter of the query says about the page that is wanted."""
    if parameter.place != "query":
        return ""
    name = plain(parameter.name)
    if name in vocabulary.PAGE_ASKED:
        return "page"
    if name in vocabulary.OFFSET_ASKED:
        return "offset"
    if name in vocabulary.CURSOR_ASKED:
        return "cursor"
    return "size" if name in vocabulary.SIZE_ASKED else ""


def list_of(look: Look, schema: Schema, called: str, origins: Collection[str] = ()) -> ListShape | None:
    """The list that an answer is; None where it is none. `called` is what the rows are called in the path, `origins`
    are components that one row may be, where that is known.
    """
    element = look.items(schema)
    if element is not None:
        return ListShape(items="", element=element, told={}, whole=schema)
    found = max(_arrays(look, schema, called, origins), default=None)
    if found is None:
        return None
    told: dict[str, str] = {}
    for where, what in _told(look, schema, found.path):
        told.setdefault(what, where)
    if "total" not in told and (where := _counted(look, schema, found.path)):
        told["total"] = where
    return ListShape(items=found.path, element=found.element, told=told, whole=schema)


def pages_of(look: Look, shape: ListShape, parameters: Iterable[Parameter]) -> tuple[Pages, Schema]:
    """How such a list comes in pages, by what can be asked for; and the schema of what must be around it besides."""
    asked: dict[str, Parameter] = {}
    for parameter in parameters:
        asked.setdefault(asked_for(parameter), parameter)
    style: Style = "none"
    for candidate in _STYLES:
        if candidate in asked:
            style = candidate
            break
    told, addresses = _tellable(look, shape, style)
    size, page = asked.get("size"), asked.get(style)
    usual, most = _sizes(look, size) if size else _fixed(look, shape)
    pages = Pages(
        style=style,
        items=shape.items,
        total=told.get("total", ""),
        next=told.get("next", ""),
        previous=told.get("previous", ""),
        addresses=addresses,
        bare=addresses and page is not None and _is_bare(look, shape, told.get("previous", ""), page.name),
        nulls=all(
            look.takes_null(member) or not look.kinds(member)
            for what in ("next", "previous")
            if what in told and (member := _at(look, shape.whole, told[what])) is not None
        ),
        more=told.get("more", ""),
        echo={what: told[what] for what in ("page", "size", "pages") if what in told},
        page=page.name if page else "page",
        size=size.name if size else "limit",
        first=_first(look, page) if page and style == "page" else 1,
        usual=usual,
        most=most,
    )
    return pages, rest(look, shape.whole, {shape.items, *told.values()}) if shape.items else {}


def _is_bare(look: Look, shape: ListShape, previous: str, page: str) -> bool:
    """Whether the address of the first page does not say which it is: an example shows one without."""
    examples = look.bare(_at(look, shape.whole, previous) or {}).get("examples")
    shown = [one for one in examples if isinstance(one, str)] if isinstance(examples, list) else []
    return any(f"{page}=" not in urlsplit(one).query for one in shown)


def _tellable(look: Look, shape: ListShape, style: Style) -> tuple[dict[str, str], bool]:
    """What of it can be told in that style, and whether neighbours are told by their addresses: a cursor is a text, the
    number of a page is none, and where a list has no pages nothing of them is known.
    """
    told = dict(shape.told)
    following = told.get("next") or told.get("previous")
    member = _at(look, shape.whole, following) if following else None
    addresses = member is not None and _is_address(look, member, following or "")
    if not addresses:
        told.pop("previous", None)
        wanted = "string" if style == "cursor" else "integer"
        if member is not None and wanted not in look.kinds(member):
            told.pop("next", None)
    if style not in {"page", "offset"}:
        told.pop("pages", None)
    if style != "page":
        told.pop("page", None)
    return told, addresses


def rest(look: Look, schema: Schema, known: Iterable[str], before: str = "") -> Schema:
    """An object's schema of the members that must be there and that nothing else fills; empty where there are none."""
    members = look.object(schema)
    if members is None:
        return {}
    paths = tuple(known)
    properties: dict[str, Schema] = {}
    for name in members.properties:
        path = f"{before}{name}"
        if path in paths:
            continue
        if any(other.startswith(f"{path}.") for other in paths):
            inside = rest(look, members.properties[name], paths, f"{path}.")
            if inside:
                properties[name] = inside
        elif name in members.required and not look.is_marked(members.properties[name], "writeOnly"):
            properties[name] = members.properties[name]
    return {"type": "object", "properties": properties, "required": list(properties)} if properties else {}


@dataclass(frozen=True, slots=True)
class _Found:
    rank: int
    path: str
    element: Schema

    def __lt__(self, other: _Found) -> bool:
        return self.rank < other.rank


def _arrays(look: Look, schema: Schema, called: str, origins: Collection[str]) -> Iterator[_Found]:
    members = look.object(schema)
    if members is None:
        return
    every = members.properties.items()
    whole = all(plain(name) in vocabulary.AROUND or look.items(value) is not None for name, value in every)
    for name, value in every:
        element = look.items(value)
        inner = (
            look.object(value)
            if element is None and plain(name) in {"embedded", "data", "result", "response"}
            else None
        )
        if element is not None:
            rank = _rank(look, name, element, called, origins, whole=whole)
            if rank:
                yield _Found(rank, name, element)
        elif inner is not None:
            for deeper, inside in inner.properties.items():
                element = look.items(inside)
                if element is not None and (rank := _rank(look, deeper, element, called, origins, whole=whole)):
                    yield _Found(rank, f"{name}.{deeper}", element)


def _rank(look: Look, name: str, element: Schema, called: str, origins: Collection[str], *, whole: bool) -> int:
    if look.origin(element) in origins:
        return 4
    if len(plain(name)) > 3 and plain(called).endswith(plain(name)):
        return 3
    if plain(name) in vocabulary.ROWS:
        return 2
    kinds = look.kinds(element)
    return 1 if whole and kinds <= {"object"} and plain(name) not in {"errors", "links", "included"} else 0


_INTEGERS = {
    "total": vocabulary.TOTAL,
    "page": vocabulary.PAGE,
    "size": vocabulary.SIZE,
    "pages": vocabulary.PAGES,
    "next": vocabulary.NEXT,
}
_TEXTS = {"next": vocabulary.NEXT, "previous": vocabulary.PREVIOUS}


def _told(look: Look, schema: Schema, items: str, before: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Paths of what is known around the rows, with what it is; what is further out comes first."""
    members = look.object(schema)
    if members is None:
        return
    inner: list[tuple[str, Schema]] = []
    for name, value in members.properties.items():
        path = f"{before}{name}"
        if path == items:
            continue
        if depth < 2 and look.kinds(value) <= {"object"} and look.object(value):
            inner.append((path, value))
        elif what := _what(look, value, path):
            yield path, what
    for path, value in inner:
        yield from _told(look, value, items, f"{path}.", depth + 1)


def _counted(look: Look, schema: Schema, items: str) -> str:
    """The member beside the rows that counts them by their name: `articlesCount` beside `articles`."""
    above, _, rows = items.rpartition(".")
    members = look.object(_at(look, schema, above) or {}) if above else look.object(schema)
    many, one = plain(rows), plain(singular(rows))
    wanted = {f"{name}{word}" for name in (many, one) for word in ("count", "total")}
    wanted |= {f"{word}{name}" for name in (many, one) for word in ("total", "numberof", "num")}
    for name, value in members.properties.items() if members else ():
        if plain(name) in wanted and look.kinds(value) == {"integer"}:
            return f"{above}.{name}" if above else name
    return ""


def _what(look: Look, value: Schema, path: str) -> str:
    """What a member tells about the page, by its name and by what it may be."""
    steps = path.split(".")
    # In HAL a link is an object, with its address in it.
    called = plain(steps[-2] if plain(steps[-1]) == "href" and len(steps) > 1 else steps[-1])
    kinds = look.kinds(value)
    if kinds == {"boolean"}:
        return "more" if called in vocabulary.MORE else ""
    known = _INTEGERS if kinds == {"integer"} else _TEXTS if kinds <= {"string"} else {}
    return next((what for what, names in known.items() if called in names), "")


def _at(look: Look, schema: Schema, path: str) -> Schema | None:
    for step in path.split(".") if path else ():
        members = look.object(schema)
        if members is None or step not in members.properties:
            return None
        schema = members.properties[step]
    return schema if path else None


def _is_address(look: Look, schema: Schema, path: str) -> bool:
    bare = look.bare(schema)
    last = plain(path.rpartition(".")[2])
    linked = {"links", "pages"} & {plain(step) for step in path.split(".")[:-1]}
    return (
        bare.get("format") in {"uri", "uri-reference", "url"} or last.endswith(("url", "link", "href")) or bool(linked)
    )


def _sizes(look: Look, size: Parameter) -> tuple[int, int]:
    schema = look.bare(size.schema)
    usual, most = _number(schema.get("default")), _number(schema.get("maximum"))
    usual = usual or min(20, most or 20)
    return usual, max(most or 100, usual)


def _fixed(look: Look, shape: ListShape) -> tuple[int, int]:
    """How many rows a page has where nobody can ask for another number: so many as there may be."""
    rows = _at(look, shape.whole, shape.items) if shape.items else shape.whole
    most = _number(look.bare(rows or {}).get("maxItems"))
    return (most, most) if most else (20, 100)


def _first(look: Look, page: Parameter) -> int:
    schema = look.bare(page.schema)
    return 0 if 0 in {schema.get("default"), schema.get("minimum")} and schema.get("default") != 1 else 1


def _number(value: Json) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
