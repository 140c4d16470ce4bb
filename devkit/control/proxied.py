"""What comes of a scenario behind the proxies that a sandbox is called through, and in front of a real backend: said
where it is switched on, and refused where it would end a dev server, or where something of it cannot act.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from devkit.control.base import ControlError, Json, Parameter

if TYPE_CHECKING:
    from devkit.proxies import Proxy
    from devkit.sandbox import Sandbox
    from devkit.scenario.model import Scenario

log = logging.getLogger("devkit")

FORCE = Parameter(
    name="force",
    summary="Even where it ends the dev server that the calls come through, or nothing of it can act",
    type="boolean",
    default=False,
)


def warned(scenario: Scenario, proxies: Iterable[Proxy], *, force: bool) -> list[str]:
    """What is to be said when the scenario is switched on, a sentence each; the log has it too.

    Raises ControlError 409 where it ends a dev server, unless that is meant.
    """
    from devkit.scenario.behind import deadly

    proxies = list(proxies)
    for proxy in proxies:
        if not force and (rules := deadly(scenario, proxy.name)):
            reason = f"Calls come through {proxy.title}, which {', '.join(rules)} of {scenario.name!r} would end"
            raise ControlError(409, "ends_dev_server", f"{reason}. Force it, or call the mock across origins")
    said = sentences(scenario, proxies)
    for sentence in said:
        log.warning("%s: %s", scenario.name, sentence)
    return said


def unable(scenario: Scenario, sandbox: Sandbox, *, force: bool) -> list[str]:
    """What is to be said of it, a sentence each. Raises ControlError 409 where one of its rules cannot act at all,
    unless that is meant.
    """
    if not sandbox.kept_by.fronts:
        return []
    from devkit.scenario.fronting import standing

    found = standing(scenario, sandbox.contract, sandbox.kept_by)
    if found.idle and not force:
        told = "; ".join(found.idle)
        raise ControlError(409, "needs_mock", f"{told}. Have the mock keep what it is about, or force it")
    return [*found.idle, *found.partly]


def sentences(scenario: Scenario, proxies: Iterable[Proxy]) -> list[str]:
    """How the scenario arrives otherwise than it says, behind each of these."""
    from devkit.scenario.behind import told

    return [
        f"calls come through {proxy.title}: {'; '.join(found)}"
        for proxy in proxies
        if (found := list(told(scenario, proxy.name)))
    ]


def listed(proxies: Iterable[Proxy]) -> list[Json]:
    """`{name, title, sign}` of each."""
    return [{"name": proxy.name, "title": proxy.title, "sign": proxy.sign} for proxy in proxies]


def met(sandbox: Sandbox, proxy: Proxy) -> None:
    """The log hears of a proxy that was not known, and of what is on."""
    log.info("%s is called through %s (known by %s)", sandbox.id, proxy.title, proxy.sign)
    for activation in sandbox.engine.active():
        for sentence in sentences(activation.scenario, [proxy]):
            log.warning("%s: %s", activation.scenario.name, sentence)
