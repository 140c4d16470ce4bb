"""Who keeps which operations of a sandbox, where there is a real backend: told, and changed while it runs."""

from __future__ import annotations

from devkit.control.base import Call, ControlError, ControlOperation, Json, Parameter
from devkit.effects import isoformat
from devkit.errors import did_you_mean
from devkit.upstream.base import By, Keep

_NAMES = tuple(by.value for by in By)


async def show(call: Call) -> Json:
    return told(call)


async def change(call: Call) -> Json:
    """The same as `show`, as it is from now on."""
    kept_by = call.sandbox.kept_by
    if not kept_by.fronts:
        raise ControlError(409, "no_upstream", "There is no real backend here: the mock keeps everything")
    kept_by.replace([_rule(operation, by) for operation, by in call.values["rules"].items()])
    return told(call)


def told(call: Call) -> dict[str, Json]:
    """`{upstream, usual, rules, operations}`: `rules` are keepers by globs over names of operations, of which the last
    one that fits counts; `operations` are keepers by names. `upstream` is as `upstream_of` tells it.
    """
    kept_by = call.sandbox.kept_by
    return {
        "upstream": upstream_of(call),
        "usual": kept_by.usual.value,
        "rules": {rule.operation: rule.by.value for rule in kept_by.rules},
        "operations": {operation.id: kept_by.of(operation.id).value for operation in call.sandbox.contract.operations},
    }


def upstream_of(call: Call) -> Json:
    """`{url, state, trouble, since}` of the real backend; null where there is none. `state` is `up`, `down` or, before
    anybody has called, `unknown`; `trouble` is the end of a sentence about it, `since` when it was seen first.
    """
    away = call.host.upstream
    if away is None:
        return None
    since = away.down_since
    state = "down" if since is not None else "up" if away.reached else "unknown"
    return {
        "url": str(away.upstream),
        "state": state,
        "trouble": away.trouble if since is not None else "",
        "since": isoformat(since) if since is not None else None,
    }


def _rule(operation: str, by: Json) -> Keep:
    """Raises ControlError 400."""
    if by not in _NAMES:
        told = f"{operation} is kept by one of {', '.join(_NAMES)}.{did_you_mean(str(by), _NAMES)}"
        raise ControlError(400, "validation_error", "Some parameters are not usable", details={"rules": told})
    return Keep(operation, By(by))


ROWS = (
    ControlOperation(
        id="keep.show",
        method="GET",
        path="/_devkit/api/keep",
        summary="Who keeps which operations of the sandbox: the real backend, the mock, a recording",
        handler=show,
    ),
    ControlOperation(
        id="keep.change",
        method="PUT",
        path="/_devkit/api/keep",
        summary="Have others keep them from now on, in this sandbox",
        handler=change,
        parameters=(
            Parameter(
                name="rules",
                summary="Globs over names of operations, with who keeps them, such as {tasks.*: mock}: real, mock, "
                "recording or fallback; of several that fit the last one counts",
                type="object",
                required=True,
            ),
        ),
    ),
)
