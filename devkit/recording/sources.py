"""Where a recording lies: a HAR file, a folder, a zip file; and its bytes, as somebody asks for them."""

from __future__ import annotations

import mmap
import os
import threading
import weakref
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from devkit.errors import FileError
from devkit.recording.har.scanning import Scanned, Span, scan
from devkit.records import dataclass

SESSION = "session.har"
"""What we record, in its folder."""
_UNPACKED = 512 * 1024 * 1024
"""Bytes of a HAR file in a zip file; they are held in memory."""
_WANTED = "A recording is a HAR file, a folder with `session.har` (`devkit record`), or a zip file with one in it."


# Compared by identity: it is an open file.
@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """`file` is the HAR file, or the zip file that it is in. `read` gives the bytes of an entry, `beside` those of a
    file beside it that it names; None where there is none.
    """

    file: Path
    scanned: Scanned
    read: Callable[[Span], bytes]
    beside: Callable[[str], bytes | None]


def is_recording(path: Path) -> bool:
    """Whether what is called so may be a recording, as far as its name tells."""
    if path.is_dir():
        return (path / SESSION).is_file() or any(path.glob("*.har"))
    return path.suffix.lower() in {".har", ".zip"}


def file_of(path: Path) -> Path:
    """The HAR file, or the zip file, that a recording is in. Raises FileError where there is none."""
    return _in_folder(path) if path.is_dir() else path


def open_source(path: Path, scanned: Scanned | None = None) -> Source:
    """`scanned` is what stands in it, where that is known. Raises FileError where there is no recording, or one that
    cannot be read.
    """
    try:
        file = file_of(path)
        return _zip(file, scanned) if file.is_file() and zipfile.is_zipfile(file) else _file(file, scanned)
    except OSError as error:
        raise FileError(path, f"cannot be read: {error.strerror or error}", remedy=_WANTED) from None


def _in_folder(folder: Path) -> Path:
    if (folder / SESSION).is_file():
        return folder / SESSION
    found = sorted(folder.glob("*.har"))
    if not found:
        raise FileError(folder, "is no recording: there is no HAR file in it", remedy=_WANTED)
    if len(found) > 1:
        names = ", ".join(one.name for one in found[:5])
        raise FileError(folder, f"has several HAR files ({names})", remedy="Name the one that is meant.")
    return found[0]


def _file(path: Path, known: Scanned | None) -> Source:
    if path.suffix.lower() == ".zip":
        raise FileError(path, "is no zip file, or one that was cut", remedy=_WANTED)
    # Not mapped into memory for longer than it takes: who writes the file anew would end the process.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        scanned = known or _scanned(descriptor, path)
    except BaseException:
        os.close(descriptor)
        raise
    lock = threading.Lock()

    def read(span: Span) -> bytes:
        with lock:
            os.lseek(descriptor, span[0], os.SEEK_SET)
            pieces, left = [], span[1] - span[0]
            while left and (piece := os.read(descriptor, left)):
                pieces.append(piece)
                left -= len(piece)
            return b"".join(pieces)

    found = Source(file=path, scanned=scanned, read=read, beside=lambda name: _beside(path.parent, name))
    # Bodies are read from it for as long as anybody has one.
    weakref.finalize(found, os.close, descriptor)
    return found


def _scanned(descriptor: int, path: Path) -> Scanned:
    if os.fstat(descriptor).st_size == 0:
        return scan(b"", path)
    with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as data:
        return scan(data, path)


def _beside(folder: Path, name: str) -> bytes | None:
    """A file below that folder: what a HAR file names may be anybody's idea."""
    wanted = (folder / name).resolve()
    if not wanted.is_relative_to(folder.resolve()):
        return None
    try:
        return wanted.read_bytes()
    except OSError:
        return None


def _zip(path: Path, known: Scanned | None) -> Source:
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise FileError(path, f"is a zip file that cannot be read: {error}", remedy=_WANTED) from None
    names = [name for name in archive.namelist() if name.lower().endswith(".har")]
    if not names:
        archive.close()
        raise FileError(path, "has no HAR file in it", remedy=_WANTED)
    name = min(names, key=lambda one: (one.count("/"), one not in {"har.har", SESSION}, one))
    size = archive.getinfo(name).file_size
    if size > _UNPACKED:
        archive.close()
        raise FileError(
            path, f"has a {name} of {size >> 20} MiB, and in a zip file {_UNPACKED >> 20} are taken",
            remedy="Unpack it, and name the HAR file.",
        )  # fmt: skip
    folder = PurePosixPath(name).parent

    def member(wanted: str) -> bytes | None:
        try:
            return archive.read(wanted)
        except (KeyError, zipfile.BadZipFile, zlib.error, OSError, EOFError):
            return None

    data = member(name)
    if data is None:
        archive.close()
        raise FileError(path, f"is damaged: {name} in it cannot be unpacked", remedy=_WANTED)
    found = Source(
        file=path,
        scanned=known or scan(data, path / name),
        read=lambda span: data[span[0] : span[1]],
        beside=lambda wanted: member(str(folder / wanted)),
    )
    weakref.finalize(found, archive.close)
    return found
