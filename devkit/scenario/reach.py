"""What of a dialect a kind of fault acts on; and where it acts on nothing, why."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from devkit.contract.needs import in_words
from devkit.dialects.base import Dialect, Route
from devkit.faults.base import Fault, Moment
from devkit.records import dataclass
from devkit.scenario.matching import any_glob


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """A kind in a dialect, at one of its moments. `routes` are the calls that lead there: none are needed for what
    happens to a sandbox, to a socket, or to what a socket says without any event. `why_not` says why nothing does.
    """

    moment: Moment
    routes: tuple[Route, ...] = ()
    why_not: str | None = None

    def __bool__(self) -> bool:
        return self.why_not is None


def reach(kind: type[Fault], dialect: Dialect) -> tuple[Reach, ...]:
    """One for each moment of the kind, in a fixed order."""
    return tuple(map(partial(_at, kind, dialect), sorted(kind.moments(), key=lambda moment: moment.value)))


def causes(kind: type[Fault], route: Route) -> tuple[str, ...]:
    """The events that a call causes and the kind acts on."""
    return tuple(name for name in route.operation.emits if any_glob(kind.events, name))


def _at(kind: type[Fault], dialect: Dialect, moment: Moment) -> Reach:
    found = partial(Reach, moment=moment)
    routes = tuple(route for route in dialect.routes() if route.prefix == dialect.prefixes[0])
    match moment:
        case Moment.SANDBOX:
            return found()
        case Moment.SOCKET | Moment.FRAME if dialect.socket_path is None:
            return found(why_not="it has no WebSocket")
        case Moment.SOCKET:
            lacks = kind.of_sessions and dialect.socket_protocol.is_open
            return found(why_not="its WebSocket asks for no session" if lacks else None)
        case Moment.FRAME:
            return _in_frames(kind, dialect, routes)
    met = dialect.contract.meeting(kind.needs)
    struck = [route for route in routes if route.operation.id in met]
    if not struck:
        return found(why_not=f"none of its calls {in_words(kind.needs)}")
    if kind.bends:
        struck = [route for route in struck if kind.bends in route.answer.headers()]
    return found(routes=tuple(struck), why_not=None if struck else f"nothing it answers has `{kind.bends}`")


def _in_frames(kind: type[Fault], dialect: Dialect, routes: Sequence[Route]) -> Reach:
    protocol = dialect.socket_protocol
    telling = tuple(route for route in routes if protocol.events and causes(kind, route))
    if telling or any(said.name in kind.messages for said in protocol.says):
        return Reach(moment=Moment.FRAME, routes=telling)
    if not protocol.events:
        return Reach(moment=Moment.FRAME, why_not="its WebSocket tells no events")
    if not kind.events:
        return Reach(moment=Moment.FRAME, why_not=f"its WebSocket says no {_listed(kind.messages)}")
    return Reach(moment=Moment.FRAME, why_not=f"none of its calls causes {_listed(kind.events)}")


def _listed(names: Sequence[str]) -> str:
    return " or ".join(f"`{name}`" for name in names)
