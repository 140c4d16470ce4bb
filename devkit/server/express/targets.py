"""Which addresses the express lane serves, and what it knows of them beforehand."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from devkit.contract.entities import STORED, Lifetimes, Page
from devkit.contract.keeping import ByResource
from devkit.contract.operations import Access, Media
from devkit.dialects.answers import Many, One
from devkit.dialects.base import Route
from devkit.dialects.reading import read_path, reads_path_alone
from devkit.keepers import is_at_once, is_told_later
from devkit.masking import mask_address
from devkit.records import dataclass
from devkit.server.hosting.selection import is_told
from devkit.server.http.unreadable import MAX_ADDRESS
from devkit.storage.changes import rows_of, tasks_of
from devkit.storage.kept import Kept

if TYPE_CHECKING:
    from yarl import URL

    from devkit.contract.base import Contract
    from devkit.contract.entities import Principal
    from devkit.contract.operations import Given, Operation
    from devkit.dialects.spelling import Respelling
    from devkit.server.http.router import Router

_PLAIN = re.compile(r"(/[\w-]+)+", re.ASCII)
"""Addresses that say just what they seem to: no query, nothing encoded, no dots."""


_PARAMETER = re.compile(r"/{(\w+)}$")
_KEPT = 4 * 1024 * 1024
"""Bytes of addresses that are remembered, with what they mean."""

_COST = 1024
"""What an address takes besides its text, roughly."""

_SEGMENT = re.compile(r"[\w-]{1,255}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Lane:
    """A route that the express lane serves; `reads` says that it changes nothing. `respell` turns what is stored into
    what is sent; None where the answer is written anew. `scope` tells what changes a user's answer depends on. `last`
    is the name of a parameter that ends the path and is all that a request gives; `beside` are the segments that mean
    something else there.
    """

    route: Route
    lifetimes: Lifetimes
    reads: bool
    respell: Respelling | None
    scope: Callable[[Principal], str]
    last: str | None
    beside: frozenset[str]


@dataclass(slots=True)
class Target:
    """What an address means: the same for everybody who asks. `shown` is how the journal writes it; `input` is that of
    a request without a body, where it was read already.
    """

    lane: Lane
    path: str
    parameters: dict[str, str]
    query: tuple[tuple[str, str], ...]
    shown: str
    input: Given | None = None


class Targets:
    """Finds out what addresses mean, and remembers it."""

    def __init__(self, router: Router) -> None:
        self._router = router
        lanes = ((route, _lane(route, router)) for route in router.routes)
        self._lanes = {(route.dialect.name, route.method, route.path): lane for route, lane in lanes if lane}
        self._methods = {method for _, method, _ in self._lanes}
        self._kept: Kept[tuple[str, str], Target] = Kept(_KEPT, twice=True)
        self._folders: Kept[tuple[str, str], tuple[Lane, dict[str, str]]] = Kept(_KEPT // 4)

    @property
    def size(self) -> int:
        """Bytes that it takes, roughly."""
        return self._kept.size + self._folders.size

    def find(self, method: str, address: str, url: URL) -> Target | None:
        """None for what the lane does not serve. Raises DomainError for what nobody does."""
        found = self.known(method, address)
        if found is None and method in self._methods:
            found = self._find(method, address, url)
            if found is not None:
                # Once as what it is known by, and once as what it says.
                self._kept.put((method, address), found, _COST + 2 * len(address))
        return found

    def known(self, method: str, address: str) -> Target | None:
        """What an address means if it, or one like it, was found before. Raises DomainError for what nobody serves."""
        folder, _, name = address.rpartition("/")
        known = self._folders.get((method, folder))
        if known is not None and _SEGMENT.fullmatch(name) and name not in known[0].beside:
            # One of many that differ in their last segment alone: not worth remembering.
            lane, parameters = known
            parameters = {**parameters, str(lane.last): name}
            # What a shape says takes longer to read than a kept answer to find.
            given = read_path(lane.route, parameters) if lane.route.shape is None else None
            return Target(lane, address, parameters, (), address, given)
        return self._kept.get((method, address))

    def _find(self, method: str, address: str, url: URL) -> Target | None:
        query: tuple[tuple[str, str], ...]
        if _PLAIN.fullmatch(address):
            path, query, shown = address, (), address
        elif address[:1] != "/" or len(address) > MAX_ADDRESS or is_told(address):
            # The absolute form says itself whom it is sent to.
            return None
        else:
            path, query, shown = url.raw_path, tuple(url.query.items()), mask_address(str(url))
        match = self._router.match(method, path)
        lane = self._lanes.get((match.route.dialect.name, method, match.route.path))
        if lane is None or match.rivals or not match.route.query_names.issuperset(dict(query)):
            return None
        if lane.last is not None and shown is address:
            others = {name: value for name, value in match.parameters.items() if name != lane.last}
            self._folders.put((method, address.rpartition("/")[0]), (lane, others), _COST + len(address))
        return Target(lane, path, match.parameters, query, shown)


def _lane(route: Route, router: Router) -> Lane | None:
    operation, answer, row = route.operation, route.answer, route.row
    special = row.owner or row.cookies or row.same_site or row.failure or row.redirects or row.lifetime
    if operation.access is not Access.SIGNED_IN or operation.role or special:
        return None
    lifetimes = _lifetimes(route.dialect.access_lifetime, route.dialect.refresh_lifetime)
    # `Page[Task]` for a list, `Task` for one.
    entity = operation.result.__args__[0] if getattr(operation.result, "__origin__", None) is Page else operation.result
    stored = getattr(answer, "sends_stored", False)
    plain = stored or (type(answer) in {One, Many} and entity in STORED)
    respell = route.dialect.spelling.respelling(entity) if plain else None
    scope = _scope(operation, route.dialect.contract)
    # Not one of its kind: those may answer otherwise, as a stream or with a cookie.
    if route.media is Media.JSON and (stored or type(answer) is One):
        ready = respell if is_told_later(operation) else None
        return Lane(route, lifetimes, reads=False, respell=ready, scope=scope, last=None, beside=frozenset())
    if route.method != "GET" or not is_at_once(operation) or respell is None:
        return None
    parameter = _PARAMETER.search(route.path)
    last = parameter[1] if parameter and reads_path_alone(route) else None
    return Lane(route, lifetimes, reads=True, respell=respell, scope=scope, last=last, beside=router.beside(route))


def _scope(operation: Operation, contract: Contract) -> Callable[[Principal], str]:
    keeper = operation.keeper
    if not isinstance(keeper, ByResource):
        return lambda principal: tasks_of(principal.user_id)
    name = keeper.resource
    if contract.resources[name].owned:
        return lambda principal: rows_of(name, principal.user.number)
    everybody = rows_of(name, 0)
    return lambda _: everybody


@cache
def _lifetimes(access: int, refresh: int) -> Lifetimes:
    """The same for all lanes of a dialect: callers are told apart by it."""
    return Lifetimes(access, refresh)
