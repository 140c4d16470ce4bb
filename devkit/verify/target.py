"""What is measured: a URL, and what a contract in one dialect says that can be done there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property

from devkit.contract.operations import Access, Need
from devkit.dialects.base import Dialect, Route
from devkit.records import dataclass
from devkit.verify.wire import Door

ORIGIN = "http://localhost:3000"
"""Where the page lives that a browser would call from, unless told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """Rows of one kind: where they are listed and made, and what can be done to one of them."""

    name: str
    list: Route
    create: Route | None = None
    get: Route | None = None
    update: Route | None = None
    replace: Route | None = None
    delete: Route | None = None

    @property
    def is_writable(self) -> bool:
        """Whether a row of one's own can be made, and taken away again."""
        return self.create is not None and self.delete is not None


class Target:
    """`origin` is the page's that a browser would call from; `other_origin` one that nobody has allowed."""

    other_origin = "https://elsewhere.invalid"

    def __init__(self, door: Door, dialect: Dialect, *, origin: str = ORIGIN) -> None:
        self.door, self.dialect, self.origin = door, dialect, origin
        self.base = door.url.path.rstrip("/")

    @property
    def root(self) -> str:
        """Scheme, host and port."""
        return f"{self.door.url.scheme}://{self.door.url.netloc.rpartition('@')[2]}"

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """One for each row of the dialect, at its first prefix."""
        dialect = self.dialect
        return tuple(route for route in dialect.routes() if route.row.rooted or route.prefix == dialect.prefixes[0])

    def needs_of(self, route: Route) -> Need:
        return self.dialect.contract.needs[route.operation.id]

    def meeting(self, need: Need, fits: Callable[[Route], bool] = lambda _: True) -> list[Route]:
        """The routes whose operations meet the need, those first that are called most simply."""
        found = [route for route in self.routes if need in self.needs_of(route) and fits(route)]
        return sorted(found, key=lambda route: (len(self.parameters(route)), route.method != "GET"))

    def kept_by(self, keeper: str) -> Route | None:
        """The route of what a service of ours keeps, such as `sessions.logout`, whatever it is called here."""
        return next((route for route in self.routes if route.operation.keeper == keeper), None)

    def parameters(self, route: Route) -> tuple[str, ...]:
        """What the path needs to be told, beside whose things these are."""
        return tuple(name for name in route.path_fields if name != route.row.owner)

    @cached_property
    def login(self) -> Route | None:
        return next(iter(self.meeting(Need.LOGIN)), None)

    @cached_property
    def refresh(self) -> Route | None:
        return next(iter(self.meeting(Need.REFRESH)), None)

    @cached_property
    def logout(self) -> Route | None:
        return self.kept_by("sessions.logout")

    @cached_property
    def register(self) -> Route | None:
        return self.kept_by("accounts.register")

    @cached_property
    def private(self) -> list[Route]:
        """Calls that need a session and nothing else, and change nothing."""
        return [route for route in self._plain if route.operation.access is Access.SIGNED_IN]

    @cached_property
    def public(self) -> list[Route]:
        """Those that anybody may make."""
        return [route for route in self._plain if route.operation.access is not Access.SIGNED_IN]

    @cached_property
    def _plain(self) -> list[Route]:
        return [
            route
            for route in self.routes
            if route.method == "GET"
            and not self.parameters(route)
            and not route.operation.role
            and not needed(route)
            and not self.needs_of(route) & (Need.CONSENT | Need.STREAM | Need.CALLBACK | Need.DOWNLOAD)
            and not route.row.redirects
            and "json" in route.answer.media_type()
        ]

    @cached_property
    def collections(self) -> list[Collection]:
        """Those without a parent, the ones first that rows can be made in."""
        found = [*self._collections()]
        return sorted(found, key=lambda one: (not one.is_writable, one.get is None, Need.UPLOAD in self._has(one)))

    def _has(self, one: Collection) -> Need:
        return self.needs_of(one.create) if one.create else Need(0)

    def _collections(self) -> Iterator[Collection]:
        for listed in self.meeting(Need.LIST, lambda route: route.method == "GET" and not self.parameters(route)):
            below = re.compile(re.escape(listed.path.rstrip("/")) + r"/\{[^{}/]+\}/?")
            same = [one for one in self.routes if one.path.rstrip("/") == listed.path.rstrip("/")]
            items = {one.method: one for one in reversed(self.routes) if below.fullmatch(one.path)}
            create = next((one for one in same if one.method == "POST" and Need.CREATE in self.needs_of(one)), None)
            yield Collection(
                name=listed.operation.area,
                list=listed,
                create=create,
                get=items.get("GET"),
                update=items.get("PATCH"),
                replace=items.get("PUT"),
                delete=items.get("DELETE"),
            )


def needed(route: Route) -> list[str]:
    """What a query must say."""
    if route.shape is not None:
        return [one.name for one in route.shape.parameters if one.required and one.place not in {"path", "cookie"}]
    known = route.operation.input.model_fields
    return [name for name in route.fields if known[name].is_required() and name not in route.path_fields]
