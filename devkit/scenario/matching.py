"""Does a rule's `match` hold for what is happening?"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable
from fnmatch import translate
from functools import cache
from typing import TYPE_CHECKING, Any

from devkit.faults.base import Moment
from devkit.faults.hit import Subject

if TYPE_CHECKING:
    from devkit.scenario.model import Match, Rule

Check = Callable[[Subject], bool]


@cache
def glob(pattern: str) -> Callable[[str], bool]:
    """`tasks.*`, `/api/**`: `*` and `?` as in file names, in any case; `**` is the same as `*`."""
    matcher = re.compile(translate(pattern.replace("**", "*")), re.IGNORECASE)
    return lambda text: matcher.match(text) is not None


def any_glob(patterns: Iterable[str], text: str | None) -> bool:
    return text is not None and any(glob(pattern)(text) for pattern in patterns)


def reaches_operation(rule: Rule, operation: str | None) -> bool:
    """Whether the rule may act on that operation (None: on what belongs to no operation)."""
    wanted = rule.match.operation
    if operation is None:
        # What no operation keeps must be named by its path: a fault without a match means operations.
        return wanted is None and rule.match.path is not None
    if not any_glob(rule.fault.operations, operation):
        return False
    return wanted is None or any_glob(wanted, operation)


def reaches_message(rule: Rule, message: str | None, events: Container[str]) -> bool:
    """Whether the rule may act on WebSocket frames of that type; `events` are the contract's. Those that tell no event
    are for kinds that name them, and for rules that ask for no event.
    """
    if message is None:
        return False
    if message in events:
        return any_glob(rule.fault.events, message)
    return rule.match.event is None and message in rule.fault.messages


def checks_of(match: Match, moment: Moment) -> tuple[Check, ...]:
    """What must hold beyond the operation, compiled."""
    checks: list[Check] = []
    if match.operation is not None and moment in {Moment.SOCKET, Moment.FRAME}:
        return (lambda _: False,)
    if match.event is not None:
        if moment is not Moment.FRAME:
            return (lambda _: False,)
        events = match.event
        checks.append(lambda subject: any_glob(events, subject.event))
    for name in ("dialect", "method", "path", "user"):
        patterns = getattr(match, name)
        if patterns is not None:
            checks.append(_attribute(name, patterns))
    for name, patterns in match.headers.items():
        checks.append(_header(name, patterns))
    for name, patterns in match.query.items():
        checks.append(_query(name, patterns))
    for path, wanted in match.body.items():
        checks.append(_body(path, wanted))
    return tuple(checks)


def _attribute(name: str, patterns: list[str]) -> Check:
    return lambda subject: any_glob(patterns, getattr(subject, name))


def _header(name: str, pattern: str) -> Check:
    lowered = name.lower()
    return lambda subject: any(
        key.lower() == lowered and glob(pattern)(value) for key, value in subject.headers.items()
    )


def _query(name: str, pattern: str) -> Check:
    return lambda subject: name in subject.query and glob(pattern)(subject.query[name])


def _body(path: str, wanted: Any) -> Check:
    def check(subject: Subject) -> bool:
        value: Any = subject.body or subject.payload
        for step in path.split("."):
            if not isinstance(value, dict) or step not in value:
                return False
            value = value[step]
        return glob(wanted)(value) if isinstance(wanted, str) and isinstance(value, str) else bool(value == wanted)

    return check
