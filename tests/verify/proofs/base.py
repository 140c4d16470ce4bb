"""How a check is proved able to fail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.faults.conftest import scenario

EVERYWHERE = {"path": "*"}
"""What belongs to no operation is struck by its path alone."""


@dataclass(frozen=True)
class Proof:
    """A fault, in one dialect, that breaks what the check asks; `says` is a part of the sentence that it fails with.
    `more` are further rules, for what takes two faults. `anew`: the check's session must begin while it is broken.
    Without a fault, the second of the `users` is `the same` as the first: nothing keeps one from the other's things.
    """

    fault: str
    says: str
    dialect: str = "agreed"
    match: dict[str, Any] = field(default_factory=dict)
    when: dict[str, Any] = field(default_factory=dict)
    phase: str = "before"
    parameters: dict[str, Any] = field(default_factory=dict)
    then: dict[str, Any] | None = None
    more: tuple[dict[str, Any], ...] = ()
    anew: bool = False
    users: str = ""

    def scenario(self) -> Any:
        if not self.fault:
            return scenario(*self.more)
        rule: dict[str, Any] = {"fault": {"type": self.fault, **self.parameters}, "phase": self.phase}
        if self.match:
            rule["match"] = self.match
        if self.then:
            rule["then"] = self.then
        if self.when:
            rule["when"] = self.when
        return scenario(rule, *self.more)
