"""The sandbox's time: tokens, mail links, rate limits and the windows of rules follow it."""

from __future__ import annotations

from devkit.control.base import Call, ControlError, ControlOperation, Json, Parameter
from devkit.control.parameters import EARLIEST, LATEST
from devkit.effects import isoformat

RATE_MIN, RATE_MAX = 0.001, 100_000


async def show(call: Call) -> Json:
    return described(call)


async def advance(call: Call) -> Json:
    clock = call.sandbox.clock
    if not EARLIEST <= clock.now() + call.values["by"] <= LATEST:
        raise ControlError(
            400,
            "validation_error",
            "Some parameters are not usable",
            details={"by": "Leads out of the years 1970 to 3000"},
        )
    clock.advance(call.values["by"])
    return described(call)


async def freeze(call: Call) -> Json:
    call.sandbox.clock.freeze(call.values["at"])
    return described(call)


async def set_(call: Call) -> Json:
    call.sandbox.clock.set(call.values["at"])
    return described(call)


async def run(call: Call) -> Json:
    call.sandbox.clock.run(call.values["rate"])
    return described(call)


async def reset(call: Call) -> Json:
    call.sandbox.reset_clock()
    return described(call)


def described(call: Call) -> Json:
    """`offset` is how many milliseconds it is ahead of the machine's; `rate` how fast it goes, 0 when it stands.
    `apart` says what does not go by it, in a sentence; empty for nothing.
    """
    state, fronts = call.sandbox.clock.state, call.sandbox.kept_by.fronts
    return {
        "time": isoformat(state.at),
        "frozen": state.rate == 0,
        "rate": state.rate,
        "offset": state.offset,
        "apart": _APART if fronts else "",
    }


_APART = "The real backend has a clock of its own: what the mock keeps, and what faults do, goes by this one"


ROWS = (
    ControlOperation(
        id="clock.show",
        method="GET",
        path="/_devkit/api/clock",
        summary="What the sandbox's clock says, and how it goes",
        handler=show,
    ),
    ControlOperation(
        id="clock.advance",
        method="POST",
        path="/_devkit/api/clock/advance",
        summary="Turn the clock forward, or back",
        handler=advance,
        parameters=(Parameter(name="by", summary="How far, such as 2h or -5m", type="span", required=True),),
    ),
    ControlOperation(
        id="clock.freeze",
        method="POST",
        path="/_devkit/api/clock/freeze",
        summary="Stop the clock",
        handler=freeze,
        parameters=(
            Parameter(name="at", summary="Where it stands from now on; where it is if left out", type="instant"),
        ),
    ),
    ControlOperation(
        id="clock.set",
        method="POST",
        path="/_devkit/api/clock/set",
        summary="Set the clock; it goes on as it went, or stands as it stood",
        handler=set_,
        parameters=(Parameter(name="at", summary="What it says from now on", type="instant", required=True),),
    ),
    ControlOperation(
        id="clock.run",
        method="POST",
        path="/_devkit/api/clock/run",
        summary="Let the clock go, from where it is",
        handler=run,
        parameters=(
            Parameter(
                name="rate",
                summary="How many of its seconds pass in one of the machine's",
                type="number",
                minimum=RATE_MIN,
                maximum=RATE_MAX,
                default=1.0,
            ),
        ),
    ),
    ControlOperation(
        id="clock.reset",
        method="POST",
        path="/_devkit/api/clock/reset",
        summary="Back to the machine's time, or to where the sandbox's clock began",
        handler=reset,
    ),
)
