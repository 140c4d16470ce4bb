"""`devkit verify` from the panel: begun, watched, ended, and its reports taken home."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import orjson

from devkit.control.base import Call, Content, ControlError, ControlOperation, Json, Parameter
from devkit.control.verifyroom import REPORTS, Run
from devkit.effects import SECOND, isoformat, machine_now
from devkit.errors import did_you_mean

_PACE = 0.2
"""Seconds between two messages of the live feed."""
_HERE, _UPSTREAM = "here", "upstream"
_LEARNED = "learned"
"""The contract of a real backend that nobody gave one for: what it showed so far."""
_LIMITED = "verify-rate-limited"


async def show(call: Call) -> Json:
    """`{places, contracts, run}`: what can be measured, by what, and the run that is under way or was the last one:
    `{state, place, url, contract, read_only, started_at, total, checks, counts, verdict, summary, seconds, trouble}`,
    the checks without their evidence; null where there was none.
    """
    run = call.verifying.run
    return {
        "places": [{"id": place, "url": url} for place, url in _places(call).items()],
        "contracts": _contracts(call),
        "run": _brief(run, run.checks) if run is not None else None,
    }


async def start(call: Call) -> Json:
    """The same as `show`."""
    room, values, places, contracts = call.verifying, call.values, _places(call), _contracts(call)
    if room.busy:
        raise ControlError(409, "conflict", "A run is under way: wait for its end, or cancel it")
    place, contract = values["place"] or next(iter(places)), values["contract"] or contracts[0]
    _known("place", place, [*places])
    _known("contract", contract, contracts)
    users = [one for one in values["users"] if one.strip()]
    if not all(":" in one.strip(":") and one.isprintable() for one in users):
        raise _unusable("users", "Each is written as EMAIL:PASSWORD")
    words, document = [places[place]], b""
    if place == _HERE or room.settings.proxy_insecure:
        words.append("--insecure")
    if contract == _LEARNED:
        document = await asyncio.to_thread(_document, call)
    else:
        words += ["--contract", contract]
    words += [word for suite in values["suites"] for word in ("--suite", suite)]
    if values["read_only"]:
        words.append("--read-only")
    if place == _HERE and values["arrange"]:
        words += ["--setup", f"{places[place]}{_STATES}"]
    about = {
        "place": place, "url": places[place], "contract": contract, "read_only": values["read_only"],
        "started_at": isoformat(machine_now()),
    }  # fmt: skip
    room.start(words, users, about, document)
    return await show(call)


async def cancel(call: Call) -> Json:
    if not call.verifying.busy:
        raise ControlError(409, "conflict", "No run is under way")
    await call.verifying.cancel()
    return await show(call)


async def check(call: Call) -> Json:
    """As `devkit verify --json` writes it, with its evidence: curl lines, and what came."""
    run, wanted = _run(call), call.values["id"]
    found = next((one for one in run.checks if one["id"] == wanted), None)
    if found is None:
        guess = did_you_mean(wanted, [one["id"] for one in run.checks])
        raise ControlError(404, "not_found", f"The run has no verdict on {wanted[:80]!r} (yet).{guess}")
    return found


def follow(call: Call) -> AsyncGenerator[Json, None]:
    """The run, and whenever there are more verdicts, it again with those alone, until it has ended."""
    return _feed(_run(call))


async def _feed(run: Run) -> AsyncGenerator[Json, None]:
    told = -1
    while True:
        ended = not run.running
        if len(run.checks) != told or ended:
            fresh, told = run.checks[max(0, told) :], len(run.checks)
            yield _brief(run, fresh)
        if ended:
            return
        await asyncio.sleep(_PACE)


async def report(call: Call) -> Content:
    """HTML to look at; JUnit XML, SARIF and JSON for programs."""
    run, kind = _run(call), call.values["kind"]
    if run.running:
        raise ControlError(409, "conflict", "The run is under way: its report is written at its end")
    if kind == "json" and run.report is not None:
        return Content(await asyncio.to_thread(orjson.dumps, run.whole(), option=orjson.OPT_INDENT_2), REPORTS["sarif"])
    if kind not in run.files:
        raise ControlError(404, "not_found", "The run left no such report")
    return Content(run.files[kind], REPORTS[kind])


async def arrange(call: Call) -> Json:
    """What `devkit verify --setup` calls, for this server: time passes, and the rate limit is reached, in the sandbox
    that is meant. The clock goes back where the check has ended.
    """
    state, ends = call.values["state"], call.values["action"] == "teardown"
    if state == "rate-limited":
        if ends:
            await call.sandbox.engine.off(_LIMITED)
        else:
            await call.sandbox.engine.use(await asyncio.to_thread(_limited))
    else:
        # Back by as much: it may have been turned before.
        call.sandbox.clock.advance(int(call.values["seconds"] * SECOND) * (-1 if ends else 1))
    return {"state": state, "action": call.values["action"]}


def _limited() -> Any:
    from devkit.scenario.model import Scenario

    fault = {"type": "ratelimit", "limit": 0, "window": "10s"}
    rules = [{"id": "limited", "fault": fault}]
    return Scenario.model_validate({"name": _LIMITED, "title": "The rate limit is reached", "rules": rules})


def _places(call: Call) -> dict[str, str]:
    """What can be measured, with its address: the real backend first, where there is one."""
    away = call.host.upstream
    real = {_UPSTREAM: str(away.upstream)} if away is not None else {}
    # By its path: not every machine knows the names of sandboxes.
    return {**real, _HERE: call.sandbox.path_url}


def _contracts(call: Call) -> list[str]:
    given = [*call.verifying.settings.contract]
    return given or ([_LEARNED] if call.host.upstream is not None else [one.name for one in call.dialects])


def _document(call: Call) -> bytes:
    """Raises ControlError 409 where nothing was learned yet."""
    from devkit.dialects.openapi import document

    found = document.document(call.dialects, served=call.dialects)
    if not found["paths"]:
        told = "Nothing is known of the real backend yet: use it through devkit first, or serve with its --contract"
        raise ControlError(409, "no_contract", told)
    return orjson.dumps(found)


def _known(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise _unusable(name, f"Must be one of {', '.join(known)}.{did_you_mean(value, known)}")


def _unusable(name: str, told: str) -> ControlError:
    return ControlError(400, "validation_error", "Some parameters are not usable", details={name: told})


def _run(call: Call) -> Run:
    if call.verifying.run is None:
        raise ControlError(404, "not_found", "Nothing was verified here yet")
    return call.verifying.run


def _brief(run: Run, checks: Sequence[dict[str, Any]]) -> Json:
    """With those of its checks, without their evidence."""
    ended = run.report or {}
    return {
        "state": "running" if run.running else "ended",
        **run.about,
        "total": len(run.ids),
        "checks": [{key: value for key, value in one.items() if key != "evidence"} for one in checks],
        "counts": dict(Counter(one["verdict"] for one in run.checks)),
        "verdict": None if run.running else ended.get("verdict", "failed"),
        "summary": ended.get("summary"),
        "seconds": ended.get("seconds"),
        "trouble": run.trouble or None,
        "reports": [] if run.running else [*run.files, *(["json"] if run.report else [])],
    }


_STATES = "/_devkit/api/verify/states"

ROWS = (
    ControlOperation(
        id="verify.show",
        method="GET",
        path="/_devkit/api/verify",
        summary="What can be verified, and how the run stands that is under way, or was the last one",
        handler=show,
    ),
    ControlOperation(
        id="verify.start",
        method="POST",
        path="/_devkit/api/verify",
        summary="Ask the real backend, or this server, all that `devkit verify` asks, in a process of its own",
        handler=start,
        status=201,
        parameters=(
            Parameter(name="place", summary="upstream, the real backend, where there is one; or here, this sandbox"),
            Parameter(name="contract", summary="What it is measured by: one of those that `verify.show` tells"),
            Parameter(name="suites", summary="Only these, such as cors", type="strings", default=()),
            Parameter(name="read_only", summary="Ask only what changes nothing", type="boolean", default=False),
            Parameter(
                name="users",
                summary="EMAIL:PASSWORD of who signs in; a second is somebody else",
                type="strings",
                default=(),
            ),
            Parameter(
                name="arrange",
                summary="Here: turn the sandbox's clock where a check needs time to pass, and reach its rate limit",
                type="boolean",
                default=False,
            ),
        ),
    ),
    ControlOperation(
        id="verify.cancel",
        method="DELETE",
        path="/_devkit/api/verify",
        summary="End the run, with a report of what it has",
        handler=cancel,
    ),
    ControlOperation(
        id="verify.follow",
        method="GET",
        path="/_devkit/api/verify/follow",
        summary="The run, and then what is new of it, until it ends, over a WebSocket",
        stream=follow,
    ),
    ControlOperation(
        id="verify.check",
        method="GET",
        path="/_devkit/api/verify/checks/{id}",
        summary="One verdict of the run, with the requests and answers that show it",
        handler=check,
        parameters=(Parameter(name="id", summary="The check's id", required=True),),
    ),
    ControlOperation(
        id="verify.report",
        method="GET",
        path="/_devkit/api/verify/report/{kind}",
        summary="The last run as a page, or for programs",
        handler=report,
        parameters=(
            Parameter(name="kind", summary="html, json, junit or sarif", required=True, choices=(*REPORTS, "json")),
        ),
    ),
    ControlOperation(
        id="verify.arrange",
        method="POST",
        path=_STATES,
        summary="Bring a state about in the sandbox, as `devkit verify --setup` asks for it",
        handler=arrange,
        parameters=(
            Parameter(name="state", summary="Which", required=True, choices=("time-passed", "rate-limited")),
            Parameter(
                name="action",
                summary="setup, or teardown at the end of the check",
                choices=("setup", "teardown"),
                default="setup",
            ),
            Parameter(
                name="seconds",
                summary="How much time",
                type="number",
                minimum=0,
                maximum=31_536_000,
                default=0,
            ),
            Parameter(name="users", summary="Who is signed in; all are meant here", type="strings", default=()),
        ),
    ),
)
