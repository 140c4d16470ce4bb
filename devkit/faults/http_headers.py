"""Header fields of answers that are missing, or say something else."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator

from devkit.contract.fields import rejected
from devkit.faults.base import Fault
from devkit.faults.headers import HeaderName, HeaderText
from devkit.faults.hit import Hit
from devkit.faults.matter import Preflight
from devkit.faults.parameters import Status

_FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "trailer", "upgrade"})


def _no_framing(name: str) -> str:
    if name.lower() in _FRAMING:
        raise rejected(f"{name} says how the answer is sent: `conn.content_length` and its neighbours break that")
    return name


class Header(Fault):
    """The field `name` is missing in the answer, and in that to a preflight, or has this `value` instead of its own,
    whether it was there or not. With `only`, answers of this status alone are touched. Everything else is as it should
    be.
    """

    kind = "http.header"
    example: ClassVar = {"name": "Content-Type", "value": "application/octet-stream"}

    name: Annotated[HeaderName, AfterValidator(_no_framing)]
    value: HeaderText | None = None
    only: Status | None = None

    def on_headers(self, hit: Hit, headers: Any) -> None:
        self._put(hit.status, headers)

    async def on_preflight(self, hit: Hit, preflight: Preflight) -> None:
        self._put(preflight.status, preflight.headers)

    def _put(self, status: int, headers: Any) -> None:
        if self.only is not None and status != self.only:
            return
        headers.popall(self.name, None)
        if self.value is not None:
            headers[self.name] = self.value


KINDS = (Header,)
