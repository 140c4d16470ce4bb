"""Scenarios in front of a real backend: what can act on what that keeps, and why the others cannot."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from devkit.records import dataclass
from devkit.scenario.matching import operations_of
from devkit.upstream.base import By

if TYPE_CHECKING:
    from devkit.contract.base import Contract
    from devkit.faults.base import Fault
    from devkit.scenario.model import Rule, Scenario
    from devkit.upstream.base import KeptBy

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Standing:
    """Sentences about the rules of a scenario that cannot act at all (`idle`), and about those that act on a part of
    what they mean (`partly`).
    """

    idle: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()


def of_mock(kind: type[Fault]) -> str:
    """Why a kind cannot act on what a real backend keeps, with the parameters of its example; empty where it can."""
    return kind.model_validate(kind.example).needs_mock


def standing(scenario: Scenario, contract: Contract, kept_by: KeptBy) -> Standing:
    """How a scenario stands to what the real backend keeps."""
    told = [(rule, _told(rule, contract, kept_by)) for rule in scenario.rules if rule.fault.needs_mock]
    return Standing(
        idle=tuple(f"{rule.id} cannot act: {words}" for rule, (whole, words) in told if whole and words),
        partly=tuple(f"{rule.id} {words}" for rule, (whole, words) in told if words and not whole),
    )


def _told(rule: Rule, contract: Contract, kept_by: KeptBy) -> tuple[bool, str]:
    """Whether nothing of what a rule means is left to it, and why; nothing to tell where the mock keeps all of it."""
    kind, why = type(rule.fault).kind, rule.fault.needs_mock
    meant = operations_of(rule.match, contract) & contract.meeting(rule.fault.needs)
    real = {name for name in meant if kept_by.is_real(name)}
    if not meant and kept_by.of(None) is By.REAL:
        return True, f"{kind} needs the mock, since {why}"
    if not real:
        return False, ""
    if real == meant and all(kept_by.of(name) is By.REAL for name in real):
        return True, f"{kind} needs the mock, and the real backend keeps {_few(real)}: {why}"
    return False, f"does not act on {_few(real)}, which the real backend keeps: {kind} needs the mock, since {why}"


def _few(names: Iterable[str]) -> str:
    found = sorted(names)
    if len(found) <= _SHOWN:
        return ", ".join(found)
    return f"{', '.join(found[:_SHOWN])} and {len(found) - _SHOWN} more"
