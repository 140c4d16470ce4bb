"""What faults share that change the JSON of answers."""

from __future__ import annotations

import copy
from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

from devkit.dialects.replies import FileBody, StreamBody
from devkit.faults.base import Fault
from devkit.faults.hit import fields_at

if TYPE_CHECKING:
    from devkit.dialects.replies import Reply
    from devkit.faults.hit import Hit

_TOTALS = ("total", "total_count", "totalCount", "count")


def in_one_piece(hit: Hit, reply: Reply) -> bool:
    """Whether the answer's body goes by `on_body`: it is no file, no stream, and not left out as for HEAD."""
    files = isinstance(reply.body, FileBody | StreamBody)
    return reply.has_body and hit.subject.method != "HEAD" and not files


class Reshaped(Fault):
    """A fault that changes the JSON of answers."""

    async def on_reply(self, hit: Hit, reply: Reply) -> Reply:
        if not isinstance(reply.body, (dict, list)):
            return reply
        # A copy, since services may keep what they handed out.
        reply.body = self.reshape(hit, copy.deepcopy(reply.body), reply)
        return reply

    def reshape(self, hit: Hit, body: Any, reply: Reply) -> Any:
        """What is sent instead of this body, which may be changed in place."""
        raise NotImplementedError


def places(body: Any, path: str) -> Iterator[tuple[MutableMapping[str, Any], str]]:
    """Every place that a path means: from the top, or else from what stands inside the answer."""
    found = list(fields_at(body, path))
    if not found and isinstance(body, dict):
        for value in body.values():
            found.extend(fields_at(value, path))
    yield from found


def rows_of(body: Any) -> list[Any] | None:
    """The rows of a list: the answer itself, or the first array in it."""
    if isinstance(body, list):
        return body
    if isinstance(body, dict):
        return next((value for value in body.values() if isinstance(value, list)), None)
    return None


def set_total(reply: Reply, body: Any, total: int) -> None:
    """Tell another number of rows, wherever one is told."""
    for name in _TOTALS:
        if isinstance(body, dict) and name in body:
            body[name] = total
    if reply.field("X-Total-Count") is not None:
        reply.headers["X-Total-Count"] = str(total)
