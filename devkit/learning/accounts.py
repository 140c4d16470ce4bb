"""Which operations sign people in, tell who they are and sign them out: those are devkit's own, at their addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from devkit.contract.operations import Need
from devkit.learning.learning import Exchange, Learned
from devkit.learning.needs import PASSWORDS, hands_out, members_in, refreshes, registers, signs_out, tells_who
from devkit.learning.operations import Learned as Operation
from devkit.learning.people import Person
from devkit.learning.profiles import Profiles, profiles_of, user_in
from devkit.records import dataclass

_BETTER_AUTH = ("/auth/sign-in/email", "/auth/get-session")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """`like` is the shipped dialect that accounts look like, `operations` are services of ours by the ids of the
    operations that they keep; `whole` are ids of those that the dialect serves by itself. `header` is True where the
    token comes in Authorization, `cookie` the one that it comes in. `people` signed in and were not made meanwhile;
    `profiles` are what they have besides.
    """

    like: str = "agreed"
    operations: Mapping[str, str] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()
    bearer: bool = False
    cookie: str = ""
    people: tuple[Person, ...] = ()
    profiles: Profiles = field(default_factory=Profiles)


def accounts_of(learned: Learned) -> Accounts | None:
    """What was seen of signing in; None where nobody did."""
    people = learned.people
    if not people.all or not (people.schemes or people.cookies):
        return None
    cookie = max(people.cookies, key=lambda name: people.cookies[name], default="")
    before = tuple(one for one in people.all if one.signed_in and not one.made)
    usual = Accounts(bearer=bool(people.schemes), cookie=cookie, people=before)
    paths = {one.path.removeprefix(learned.base): one for one in learned.operations}
    if learned.base and any(path in paths for path in _BETTER_AUTH):
        whole = frozenset(one.id for path, one in paths.items() if path.startswith("/auth/"))
        return replace(usual, like="taskapp", whole=whole)
    found: dict[str, str] = {}
    for operation in learned.operations:
        service = _service(operation, learned.of(operation))
        if service and service not in found.values():
            found[operation.id] = service

    def of(*services: str) -> list[Exchange]:
        those = [one for one in learned.operations if found.get(one.id) in services]
        return sorted((one for each in those for one in learned.of(each) if one.facts.succeeded), key=_when)

    about = of("auth.login", "auth.register", "auth.me", "auth.update_profile")
    return replace(usual, operations=found, profiles=profiles_of(about, of("auth.update_profile")))


def _when(one: Exchange) -> float:
    return one.at


def _service(operation: Operation, exchanges: list[Exchange]) -> str:
    """The operation of ours that one is; empty for none."""
    good = [one.facts for one in exchanges if one.facts.succeeded]
    told = {name for facts in good for name in members_in(facts.request)}
    path = operation.path
    changes = operation.method in {"PUT", "PATCH", "POST"} and tells_who(path) and not PASSWORDS & told
    if changes and good and told and all(user_in(facts.answer) for facts in good):
        return "auth.update_profile"
    if any(hands_out(facts) for facts in good):
        if not PASSWORDS & told:
            return "auth.refresh" if refreshes(path) else ""
        return "auth.login" if Need.LOGIN in operation.needs else "auth.register"
    return _named(operation, told)


def _named(operation: Operation, told: set[str]) -> str:
    """The same for one that hands nothing out, by what it is called."""
    path = operation.path
    if PASSWORDS & told and operation.method == "POST" and registers(path):
        return "auth.register"
    if operation.method in {"POST", "DELETE"} and signs_out(path):
        return "auth.logout"
    if operation.method == "GET" and tells_who(path) and Need.USER in operation.needs:
        return "auth.me"
    return ""
