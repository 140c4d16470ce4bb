"""`devkit` as somebody types it at a terminal: a command that does not end by itself is ended by Ctrl-C as soon as it
says that it is ready. Run as a program, in place of `devkit`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys

DEVKIT = [sys.executable, "-m", "devkit"]
ENDED_BY_CTRL_C = {0, 130}
FRONTENDS = (3000, 5173, 5174)


def ready_line(arguments: list[str]) -> str | None:
    """What a line of its output holds when it is ready; None for commands that end by themselves."""
    match arguments:
        case ["serve" | "demo", *_]:
            return "Ctrl-C stops it"
        case ["log", *rest] if "-f" in rest:
            return "/api/"
    return None


def main(arguments: list[str]) -> int:
    wanted = ready_line(arguments)
    if wanted is None:
        return subprocess.run([*DEVKIT, *arguments], check=False).returncode
    # Somebody else may have the usual ports on this machine.
    if arguments == ["demo"] and not any(map(_is_free, FRONTENDS)):
        arguments = ["demo", "--frontend-port", "0"]
    variables = {"PYTHONUNBUFFERED": "1"} | ({"DEVKIT_PORT": "0"} if arguments[0] != "log" else {})
    process = subprocess.Popen([*DEVKIT, *arguments], env=os.environ | variables, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    is_ready = False
    for line in process.stdout:
        sys.stdout.write(line)
        if wanted in line and not is_ready:
            is_ready = True
            process.send_signal(signal.SIGINT)
    status = process.wait()
    return 0 if is_ready and status in ENDED_BY_CTRL_C else status or 1


def _is_free(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return True
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
