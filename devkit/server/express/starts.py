"""Heads of the real backend's answers that came before, byte for byte, and what becomes of them on their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devkit.records import dataclass
from devkit.storage.kept import Kept
from devkit.upstream.fields import down

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp.http import RawResponseMessage

    from devkit.recording.base import Pairs
    from devkit.server.express.heads import Handed

_KEPT = 4 * 1024 * 1024
"""Bytes of heads that are remembered."""
_COST = 512
"""What one takes besides its text, roughly."""
_LARGEST = 8 * 1024
"""Bytes of a head that is worth remembering."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The head of an answer: what the backend said, and `data`, which the client is told, but for the request's id,
    which may be `without_id`. `sized`: it says how long the body is. Where nothing but a body of so many bytes can
    follow, `length` is that; else it is None.
    """

    status: int
    reason: str
    fields: Pairs
    data: bytes
    changes: Sequence[str]
    without_id: bool
    sized: bool
    length: int | None


class Starts:
    """Those that came last, by their bytes and by whom they go to."""

    def __init__(self) -> None:
        self._kept: Kept[tuple[bytes, tuple[str, bool, str | None]], Start] = Kept(_KEPT)

    def known(self, head: bytes, handed: Handed) -> Start | None:
        """None for one that never came."""
        return self._kept.get((head, handed.whom))

    def of(self, head: bytes, handed: Handed, message: RawResponseMessage, *, bare: bool) -> Start:
        """That of a message, which was read from these bytes (none: nobody knows). One that is `bare` has no body."""
        found = self.known(head, handed)
        if found is None:
            found = _made(handed, message, bare=bare)
            if 0 < len(head) <= _LARGEST:
                self._kept.put((head, handed.whom), found, _COST + 3 * len(head))
        return found


def _made(handed: Handed, message: RawResponseMessage, *, bare: bool) -> Start:
    pairs, changes = down(message.raw_headers, handed.mapping, handed.ours)
    lines = [f"HTTP/1.1 {message.code} {message.reason}\r\n".encode("utf-8", "surrogateescape")]
    lines += [b"%b: %b\r\n" % pair for pair in pairs]
    lines.append(b"X-Devkit-Kept-By: real\r\n")
    names = {name.lower(): value for name, value in pairs}
    length = names.get(b"content-length", b"")
    plain = not (bare or message.chunked or message.upgrade or message.should_close) and length.isdigit()
    return Start(
        status=message.code,
        reason=message.reason,
        fields=message.raw_headers,
        data=b"".join(lines),
        changes=changes,
        without_id=b"x-request-id" not in names,
        sized=b"content-length" in names,
        length=int(length) if plain else None,
    )
