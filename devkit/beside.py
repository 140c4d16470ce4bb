"""Another process of ours, beside this one: for work that would keep the interpreter's lock from everybody else."""

from __future__ import annotations

import json
import marshal
import struct
import subprocess
import sys
from collections.abc import Sequence
from typing import IO, Any

_PIPE = 1024 * 1024
"""Bytes that a pipe between the processes should hold, where that can be said: what Linux gives to anybody."""
_RUN = """
import json, sys
from importlib import import_module
sys.path[:] = json.loads(sys.argv[1])
getattr(import_module(sys.argv[2]), sys.argv[3])(*sys.argv[4:])
"""
"""Finds the modules that this process has, and no others that lie in the folder where somebody works."""
_LENGTH = struct.Struct("<I")


def started(
    module: str, function: str, *told: str, asked: bool = False, keeps: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """One that calls a function with these texts. What it writes is read here; where it is `asked`, it reads what is
    written here, and ends where that ends. It keeps the open files with these descriptors. Raises OSError.
    """
    # Not in this terminal's group: whoever presses Ctrl-C means this process, which ends the other.
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    command = [sys.executable, "-P", "-c", _RUN, json.dumps(sys.path), module, function, *told]
    return subprocess.Popen(  # noqa: S603 - our own interpreter, and what it is told is ours too
        command,
        stdin=subprocess.PIPE if asked else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pipesize=_PIPE,
        pass_fds=keeps,
        **apart,
    )


def send(stream: IO[bytes] | None, value: Any) -> None:
    """Write a value of what `marshal` knows. Raises OSError where nobody reads any more."""
    assert stream is not None  # noqa: S101 - it is a pipe
    data = marshal.dumps(value)
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes] | None) -> Any:
    """The next value. Raises EOFError where there is none, or half of one."""
    assert stream is not None  # noqa: S101 - it is a pipe
    head = stream.read(_LENGTH.size)
    data = stream.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else b""
    if not data or len(data) < _LENGTH.unpack(head)[0]:
        raise EOFError
    return marshal.loads(data)  # noqa: S302 - from our own process
