"""Plays of the demo, drilled: one sandbox and one page each, several at once, and the verdicts of all of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Error

from devkit.control.hosting import Wish
from devkit.drill.report import Report, report
from devkit.drill.running import Drill
from devkit.sandbox import Sandbox, Template
from tests.demo.conftest import Demo, serving
from tests.demo.plays import PATIENT, Play
from tests.demo.user import User

AT_ONCE = 6
LONGEST = 120
"""Seconds that a user plays at the most."""


async def drill_all(
    folder: Path, template: Template, browser: Browser, plays: Sequence[Play], *, naively: bool
) -> dict[str, Report]:
    """Scenario → what the drill says of the demo, with all virtues or without those that the play names.

    Drills measure by the machine's clock. What did not come out as it should while several pages shared this machine is
    played once more, alone.
    """
    turns = asyncio.Semaphore(AT_ONCE)
    async with serving(folder, template) as demo:

        async def drilled(play: Play) -> tuple[str, Report]:
            async with turns:
                return play.scenario, await drill(demo, browser, play, without=play.without if naively else "")

        found = dict(await asyncio.gather(*map(drilled, sorted(plays, key=lambda play: play.script not in PATIENT))))
        for play in plays:
            if not as_it_should_be(play, found[play.scenario], naively=naively):
                found |= [await drilled(play)]
        return found


def as_it_should_be(play: Play, report: Report, *, naively: bool) -> bool:
    """Passed; without the virtues failed, by the expectations that are about them."""
    failed = {one.id for one in report.expectations if one.verdict == "failed"}
    return play.fails <= failed if naively else report.verdict == "passed"


async def drill(demo: Demo, browser: Browser, play: Play, without: str = "") -> Report:
    """One play, in a sandbox of the scenario's name: chance falls the same way each time."""
    await demo.app.library.ready()
    sandbox = (await demo.app.sandboxes.create(Wish(id=play.scenario))).sandbox
    drills = await demo.app.control.drills.open()
    context = await browser.new_context()
    try:
        user = User(await context.new_page())
        origin = demo.origin_of(play.scenario)
        if not play.from_the_start:
            await user.open(origin, without)
            await user.sign_in()
        drill = await drills.start(sandbox, demo.app.library.get(play.scenario), timeout=10 * 60_000, early=False)
        if play.from_the_start:
            await user.open(origin, without)
        # A naive page may leave its user with nothing more to do: what counts is what the drill saw until then.
        with contextlib.suppress(Error, TimeoutError):
            async with asyncio.timeout(LONGEST):
                await _until_decided(drill, play.script(user), play.fails if without else frozenset())
        await _leave(user, sandbox)
        await drill.finish()
        return report(drill)
    finally:
        await context.close()
        await demo.app.sandboxes.remove(play.scenario)


async def _until_decided(drill: Drill, script: Coroutine[Any, Any, None], fails: frozenset[str]) -> None:
    """Play on until nothing can change what is asked: that these expectations failed, or else every verdict."""
    playing = asyncio.create_task(script)
    try:
        while not playing.done():
            await asyncio.wait({playing}, timeout=0.2)
            final = {verdict.id: verdict.outcome for verdict in drill.verdicts if verdict.final}
            if all(final.get(id_) == "failed" for id_ in fails) if fails else len(final) == len(drill.verdicts):
                return
        await playing
    finally:
        playing.cancel()
        with contextlib.suppress(Error, TimeoutError, asyncio.CancelledError):
            await playing


async def _leave(user: User, sandbox: Sandbox) -> None:
    """Whoever waits for an answer that does not come leaves in the end, and only then the journal has the call."""
    await user.page.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(5):
            while sandbox.journal.underway:
                await asyncio.sleep(0.05)
