"""Log lines on their way to the terminal: without anything that a client meant to be secret.

What devkit's own modules log is theirs, and known. A library fills into its lines whatever it was given: there only the
template is shown, and of what it wrote out itself nothing that could be a credential.
"""

from __future__ import annotations

import copy
import logging
import sys
import threading
from typing import Any

from devkit.masking import MASK, mask_message, mask_strange

_OWN = "devkit"


class Masking(logging.Formatter):
    """Writes a record, its traceback included, with secrets masked."""

    def format(self, record: logging.LogRecord) -> str:
        if record.name == _OWN or record.name.startswith(f"{_OWN}."):
            return mask_message(super().format(record))
        bare = copy.copy(record)
        bare.exc_text = None
        if isinstance(record.args, dict):
            bare.args = {name: _shown(value) for name, value in record.args.items()}
        elif record.args:
            bare.args = tuple(map(_shown, record.args))
        return mask_strange(super().format(bare))


class _Hidden:
    def __repr__(self) -> str:
        return MASK


def _shown(value: object) -> object:
    return value if value is None or isinstance(value, (bool, int, float)) else _Hidden()


def set_up(level: str, *, stream: Any = None) -> None:
    """Let all that is logged, warned of or fails unseen go to the terminal so. `level` is one of logging's names."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Masking("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # At debug these tell about every select and every SQL statement, which hides what devkit itself says.
    for name in ("asyncio", "aiosqlite", "watchfiles"):
        logging.getLogger(name).setLevel(max(logging.INFO, logging.getLogger().level))
    logging.captureWarnings(capture=True)
    threading.excepthook = _in_thread
    sys.unraisablehook = _unraisable


def _in_thread(failure: threading.ExceptHookArgs) -> None:
    if failure.exc_value is not None and not isinstance(failure.exc_value, SystemExit):
        logging.getLogger(_OWN).error("A thread ended", exc_info=failure.exc_value)


def _unraisable(failure: sys.UnraisableHookArgs) -> None:
    if failure.exc_type is RecursionError:
        # Something was cleared up at the end of what a client nests too deeply, which is told to the client: here is
        # no room to say more, and nothing is left undone but a callback of the library's.
        return
    logging.getLogger(_OWN).error("%s", failure.err_msg or "Something failed unseen", exc_info=failure.exc_value)
