"""A sandbox in one file, to be taken to another server: a zip file with what a snapshot holds, and what else there is.

`parcel.json` says which format it is and has the size and the SHA-256 of each other member; `snapshot/` is a snapshot's
folder (`devkit.storage.snapshots`); `journal.jsonl` is for people. Nothing in it is believed before it was looked at.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devkit import __version__
from devkit.errors import OperatorError

FORMAT = 1
MOST = 512 * 1024 * 1024
"""Bytes of a parcel, and of what is in it."""

_ABOUT, _JOURNAL, _SNAPSHOT = "parcel.json", "journal.jsonl", "snapshot/"
_MEMBER = re.compile(r"snapshot/(?:about\.json|data\.db|uploads/[\w.-]{1,100})|journal\.jsonl", re.ASCII)
_CHUNK = 1024 * 1024


class ParcelError(OperatorError):
    """A file that is no parcel, or not all of one."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"The file {problem}. Nothing has changed.")


def pack(folder: Path, about: Mapping[str, Any], journal: str | None = None) -> bytes:
    """A parcel of a snapshot's folder. `about` is what is told of the sandbox besides, as JSON has it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as parcel:
        members = {}
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = _SNAPSHOT + path.relative_to(folder).as_posix()
            parcel.write(path, name)
            members[name] = _told(path.read_bytes())
        if journal is not None:
            parcel.writestr(_JOURNAL, journal)
            members[_JOURNAL] = _told(journal.encode())
        head = {"format": "devkit-sandbox", "version": FORMAT, "devkit": __version__, "members": members}
        parcel.writestr(_ABOUT, json.dumps(head | {"about": dict(about)}, indent=1))
    return out.getvalue()


def unpack(file: Path, folder: Path) -> dict[str, Any]:
    """Put the snapshot of a parcel into a folder, which is made, and say what is told besides. Raises ParcelError."""
    try:
        with zipfile.ZipFile(file) as parcel:
            head = _head(parcel)
            (folder / "uploads").mkdir(parents=True)
            for name, told in head["members"].items():
                _take(parcel, name, told, None if name == _JOURNAL else folder / name.removeprefix(_SNAPSHOT))
            about: dict[str, Any] = head["about"]
            return about
    except zipfile.BadZipFile:
        raise ParcelError("is no sandbox of devkit's: it is no zip file, or broken") from None
    except (KeyError, TypeError, AttributeError, ValueError, EOFError, zipfile.LargeZipFile, NotImplementedError):
        raise ParcelError("is no sandbox of devkit's, or a part of it is missing") from None


def _told(content: bytes) -> dict[str, Any]:
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _head(parcel: zipfile.ZipFile) -> dict[str, Any]:
    info = parcel.getinfo(_ABOUT)
    if info.file_size > _CHUNK * 16:
        raise ValueError("too large")
    head: dict[str, Any] = json.loads(parcel.read(info))
    if head["format"] != "devkit-sandbox":
        raise ValueError("another format")
    if head["version"] > FORMAT:
        raise ParcelError(f"was written by a newer devkit ({head['devkit']}): upgrade this one ({__version__})")
    sizes = 0
    for name, told in head["members"].items():
        sizes += int(told["size"])
        if not _MEMBER.fullmatch(name) or sizes > MOST or ".." in name:
            raise ValueError("what no parcel holds")
    if not {f"{_SNAPSHOT}about.json", f"{_SNAPSHOT}data.db"} <= head["members"].keys():
        raise ValueError("no snapshot")
    return head


def _take(parcel: zipfile.ZipFile, name: str, told: Mapping[str, Any], target: Path | None) -> None:
    """Raises ParcelError where a member is not what the parcel says of it."""
    digest, size = hashlib.sha256(), 0
    with parcel.open(name) as source, target.open("wb") if target else io.BytesIO() as out:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > told["size"]:
                break
            digest.update(chunk)
            out.write(chunk)
    if size != told["size"] or digest.hexdigest() != told["sha256"]:
        raise ParcelError(f"is damaged: {name} is not what was written")
