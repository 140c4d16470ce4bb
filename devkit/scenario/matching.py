"""Does a rule's `match` hold for what is happening?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fnmatch import translate
from functools import cache, reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from devkit.contract.needs import NEEDS, in_words
from devkit.contract.operations import Need
from devkit.faults.base import Moment
from devkit.faults.hit import Subject

if TYPE_CHECKING:
    from devkit.contract.base import Contract
    from devkit.scenario.model import Match, Rule, Scenario

Check = Callable[[Subject], bool]


@cache
def glob(pattern: str) -> Callable[[str], bool]:
    """`tasks.*`, `/api/**`: `*` and `?` as in file names, in any case; `**` is the same as `*`."""
    matcher = re.compile(translate(pattern.replace("**", "*")), re.IGNORECASE)
    return lambda text: matcher.match(text) is not None


def any_glob(patterns: Iterable[str], text: str | None) -> bool:
    return text is not None and any(glob(pattern)(text) for pattern in patterns)


def operations_of(match: Match, contract: Contract) -> frozenset[str]:
    """The ids of operations that a match means, by name and by need."""
    found = contract.meeting(() if match.needs is None else (together(match.needs),))
    wanted = match.operation
    return found if wanted is None else frozenset(name for name in found if any_glob(wanted, name))


def together(words: Iterable[str]) -> Need:
    """All those needs at once."""
    return reduce(or_, (NEEDS[word] for word in words))


def names_operations(match: Match) -> bool:
    """Whether it means operations alone: no sockets, no frames, and nothing that no operation keeps."""
    return match.operation is not None or match.needs is not None


def reaches_message(rule: Rule, message: str | None, *, is_event: bool) -> bool:
    """Whether the rule may act on WebSocket frames of that type. Those that tell no event are for kinds that name them,
    and for rules that ask for no event.
    """
    if message is None:
        return False
    if is_event:
        return any_glob(rule.fault.events, message)
    return rule.match.event is None and message in rule.fault.messages


_CALLS = frozenset({Moment.REQUEST, Moment.PREFLIGHT, Moment.MAIL})


def idle(rule: Rule, contract: Contract) -> str | None:
    """Why the rule can never strike a call of that contract, as a clause; None where it can, or is not about calls."""
    kind, match = type(rule.fault), rule.match
    moments = kind.moments()
    # What has needs acts on calls, or by itself on what calls reach.
    if names_operations(match) and not (moments & _CALLS or kind.needs):
        return f"{kind.kind} does not act on calls"
    if not (names_operations(match) or kind.needs):
        return None
    able, meant = contract.meeting(kind.needs), operations_of(match, contract)
    if not able:
        return f"nothing in the contract {contract.name} {in_words(kind.needs)}"
    if not meant:
        wanted = in_words([together(match.needs)]) if match.needs else "is named so"
        return f"nothing in the contract {contract.name} {wanted}"
    return None if able & meant else f"{kind.kind} does not act on these operations"


def idle_rules(scenario: Scenario, contract: Contract) -> list[str]:
    """What of a scenario can never strike a call of that contract, a sentence each."""
    found = ((rule.id, idle(rule, contract)) for rule in scenario.rules)
    return [f"{rule} can never strike: {trouble}" for rule, trouble in found if trouble]


def checks_of(match: Match, moment: Moment) -> tuple[Check, ...]:
    """What must hold beyond the operation, compiled."""
    checks: list[Check] = []
    if names_operations(match) and moment in {Moment.SOCKET, Moment.FRAME}:
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
