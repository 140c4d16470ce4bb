"""What a write-ahead log says of itself before SQLite reads it (https://www.sqlite.org/fileformat.html, section 4).

SQLite takes a log up to its first frame that is not sound, and says nothing of the rest. After a kill the rest is what
was not committed; where it holds a commit, that is lost.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from devkit.records import dataclass

_HEADER, _FRAME = struct.Struct(">8I"), struct.Struct(">4I8x")
_MAGIC = (0x377F0682, 0x377F0683)


@dataclass(frozen=True, slots=True)
class Log:
    """`commits` are the numbers, from 1, of the frames that end a transaction; `readable` is False for a log whose
    beginning is no log's.
    """

    commits: tuple[int, ...]
    readable: bool = True

    def lost(self, frames: int) -> bool:
        """Whether transactions are lost where SQLite took so many frames."""
        return not self.readable or any(commit > frames for commit in self.commits)


def read(database: Path) -> Log:
    """The log beside a database, as it lies there; nothing where there is none."""
    try:
        with database.with_name(database.name + "-wal").open("rb") as file:
            return _read(file)
    except OSError:
        return Log(())


def _read(file: BinaryIO) -> Log:
    head = file.read(_HEADER.size)
    if len(head) < _HEADER.size:
        return Log(())
    magic, _, page_size, _, *salts, _, _ = _HEADER.unpack(head)
    if magic not in _MAGIC or not 512 <= page_size <= 65_536 or _checksum(head[:24], magic) != head[24:]:
        # One that was only begun holds nothing yet.
        return Log((), readable=not file.read(1))
    commits: list[int] = []
    number = 0
    while len(frame := file.read(_FRAME.size)) == _FRAME.size:
        number += 1
        _, size, *found = _FRAME.unpack(frame)
        if found != salts:
            # Left over from before the log was begun anew. The last commit was written over such a frame, its head
            # before its page: a kill in between leaves one that nobody was told of, and nothing tells it from damage.
            if commits and commits[-1] == number - 1:
                commits.pop()
            break
        if len(file.read(page_size)) < page_size:
            break  # it was not written to its end: nobody was told that it was committed
        if size:
            commits.append(number)
    return Log(tuple(commits))


def _checksum(data: bytes, magic: int) -> bytes:
    """The running sums of a header, written as it has them."""
    first = second = 0
    words = struct.unpack(f"{'>' if magic & 1 else '<'}{len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return struct.pack(">2I", first, second)
