"""A run: see that somebody answers, sign in, ask every question that is wanted, take away what was made."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from devkit.contract.needs import WORDS
from devkit.effects import isoformat, machine_now, stopwatch
from devkit.errors import OperatorError
from devkit.records import dataclass
from devkit.verify.base import Check
from devkit.verify.case import Account, Arrange, Case, World
from devkit.verify.catalogue import LAST, SESSIONS
from devkit.verify.entering import reach, signed_in
from devkit.verify.fuzzing import fuzz
from devkit.verify.report import Report, Result
from devkit.verify.target import Target
from devkit.verify.verdicts import Ended
from devkit.verify.wire import Pool, Unreachable, WireError

_LONGEST = 60.0
"""Seconds that one check may take."""
_LONG = 1.0
"""Seconds of waiting from which on they are rather arranged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is wanted. `users` are those to sign in as, the second one being somebody else; `arrange` brings
    states about. With `fuzz`, Schemathesis looks at each operation as well.
    """

    checks: Sequence[Check]
    users: Sequence[Account] = ()
    read_only: bool = False
    arrange: Arrange | None = None
    fuzz: bool = False


Watcher = Callable[[Result, Mapping[str, str]], None]
"""Told of each result, with the secrets of the run so far and the variables that stand for them."""


async def run(target: Target, plan: Plan, tell: Watcher = lambda *_: None) -> Report:
    """Raises OperatorError where nothing can be verified: nobody answers, or nobody can sign in. When it is cancelled,
    the report tells what was found so far.
    """
    pool = Pool(target.door)
    world = World(target, pool)
    world.read_only = plan.read_only
    started, began = machine_now(), stopwatch()
    results: list[Result] = []
    ended, interrupted = "", False
    try:
        await reach(world)
        await signed_in(world, plan.users, read_only=plan.read_only)
        world.arrange = plan.arrange
        ended = await _ask_all(world, plan, results, tell)
        if plan.fuzz and not ended:
            for result in await fuzz(world, read_only=plan.read_only):
                results.append(result)
                tell(result, _secrets(world))
    except asyncio.CancelledError:
        interrupted = True
        ended = f"Ended before it was done: {len(results)} of {len(plan.checks)} checks were run."
        if (task := asyncio.current_task()) is not None:
            task.uncancel()
    finally:
        await _leave(world)
        await pool.close()
    return Report(
        url=target.root + target.base,
        contract=target.dialect.contract.name,
        dialect=target.dialect.name,
        started_at=isoformat(started),
        seconds=stopwatch() - began,
        results=tuple(results),
        ended=ended,
        secrets=_secrets(world),
        interrupted=interrupted,
    )


async def _ask_all(world: World, plan: Plan, results: list[Result], tell: Watcher) -> str:
    """Ask everything: what measures or turns the backend's clock first and alone, then what is about sessions beside
    what is about rows and what waits, each lane one by one; then the rest. Returns why it ended early, as a sentence.
    """

    async def asked(check: Check) -> Result:
        result = await ask(world, check, plan)
        results.append(result)
        tell(result, _secrets(world))
        return result

    async def one_by_one(checks: Iterable[Check]) -> None:
        for check in checks:
            result = await asked(check)
            if result.verdict != "skipped" and (gone := await _gone(world, result)):
                raise _Gone(gone)

    lanes: dict[_Lane, list[Check]] = {}
    for check in plan.checks:
        lanes.setdefault(_lane(check, arranged=world.arrange is not None), []).append(check)
    beside: list[asyncio.Task[Any]] = []
    try:
        await one_by_one(lanes.get("alone", ()))
        beside += [asyncio.create_task(asked(check)) for check in lanes.get("waiting", ())]
        beside += [asyncio.create_task(one_by_one(lanes.get(lane, ()))) for lane in ("sessions", "rows")]
        await asyncio.gather(*beside[-2:])
        await one_by_one(lanes.get("last", ()))
        await asyncio.gather(*beside)
    except _Gone as gone:
        left = len(plan.checks) - len(results)
        return f"{gone}: {left} of {len(plan.checks)} checks were not run to their end."
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        order = {check.id: number for number, check in enumerate(plan.checks)}
        results.sort(key=lambda result: order[result.check.id])
    return ""


class _Gone(Exception):
    """The backend is not there any more; the text says since when."""


_Lane = Literal["alone", "waiting", "sessions", "rows", "last"]


def _lane(check: Check, *, arranged: bool) -> _Lane:
    if check.alone or (arranged and (check.state or check.waits >= _LONG)):
        return "alone"
    if check.waits:
        return "waiting"
    return "sessions" if check.suite in SESSIONS else "last" if check.suite in LAST else "rows"


async def ask(world: World, check: Check, plan: Plan) -> Result:
    """Ask one question."""
    case, began = Case(world), stopwatch()
    verdict, reason = "passed", ""
    if why := _hindrance(world, check, plan):
        return Result(check=check, verdict="skipped", reason=why)
    try:
        async with asyncio.timeout(_LONGEST):
            await check.run(case)
    except Ended as end:
        verdict, reason = end.verdict, end.reason
    except Unreachable as error:
        verdict, reason = "inconclusive", f"the backend was not there: {error}"
    except WireError as error:
        verdict, reason = "failed", str(error)
    except TimeoutError:
        verdict, reason = "inconclusive", f"it was not done within {_LONGEST:g} s"
    except OperatorError as error:
        verdict, reason = "inconclusive", error.message
    except (AttributeError, IndexError, KeyError, LookupError, TypeError, ValueError) as error:
        # An answer of a shape that nobody foresaw says nothing for or against the backend.
        verdict, reason = "inconclusive", f"the answers could not be understood ({type(error).__name__}: {error})"
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST):
                await case.clean()
    return Result(
        check=check,
        verdict=verdict,  # type: ignore[arg-type]
        reason=reason,
        seconds=stopwatch() - began,
        exchanges=tuple(case.exchanges),
    )


def _hindrance(world: World, check: Check, plan: Plan) -> str:
    """Why the question cannot be asked; empty where it can."""
    target = world.target
    if plan.read_only and not check.read_only:
        return "it changes what is stored, and --read-only is given"
    for need in check.needs:
        if not target.meeting(need):
            return f"no operation {' and '.join(WORDS[one] for one in need)}"
    if check.signed_in and world.session is None:
        return "nobody can sign in"
    if check.cookie and world.habits.token != "":
        return "the session does not travel in a cookie"
    if check.state and world.arrange is None:
        return f"the state {check.state!r} must be arranged by a --setup URL"
    return ""


async def _gone(world: World, result: Result) -> str:
    """What became of the backend, where it is not there any more."""
    if not any(one.trouble for one in result.exchanges) and result.verdict != "inconclusive":
        return ""
    try:
        line = await world.pool.fresh()
    except Unreachable as error:
        return f"The backend at {world.target.root} went away during {result.check.id} ({error})"
    await line.close()
    return ""


async def _leave(world: World) -> None:
    """End the run's own session."""
    if world.session is None or world.target.logout is None:
        return
    with contextlib.suppress(WireError, TimeoutError):
        async with asyncio.timeout(5):
            await world.session.call(world.target.logout)


def _secrets(world: World) -> dict[str, str]:
    """What reports do not show, with the variables that stand for it; the longest first, as one may hold another."""
    found = dict(world.habits.secrets)
    for number, account in enumerate(world.accounts, 1):
        found.setdefault(account.password, "PASSWORD" if number == 1 else f"PASSWORD{number}")
    return dict(sorted(found.items(), key=lambda pair: -len(pair[0])))
