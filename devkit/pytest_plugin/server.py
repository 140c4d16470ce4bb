"""A server that tests use."""

from __future__ import annotations

from pathlib import Path

from devkit.control.client import Client
from devkit.errors import NotRunning, OperatorError, ServerRefused
from devkit.pytest_plugin.holding import Hold

_LAST_LINES = 15
_BANNER_ENDS = "Ctrl-C stops it."


class Server:
    """A devkit server. `url` is its own address, which means the sandbox `main`."""

    def __init__(
        self, url: str, *, token: str | None = None, log: Path | None = None, hold: Hold | None = None
    ) -> None:
        """`log` and `hold` are of one that was started for the suite."""
        self.url, self._token, self._log, self._hold = url.rstrip("/"), token, log, hold

    def __repr__(self) -> str:
        return f"<devkit at {self.url}>"

    def control(self, sandbox: str | None = None) -> Client:
        """The control API, about that sandbox; about `main` where none is named."""
        return Client(self.url, sandbox=sandbox, token=self._token)

    @property
    def died(self) -> bool:
        """Whether it is there no more, as far as that can be told without asking it."""
        return self._hold is not None and self._hold.lost

    def obituary(self, told: str = "") -> str:
        """What to say of a server that is there no more: a sentence, and what it said last."""
        if self._log is None:
            return told or f"No devkit server answers at {self.url} any more."
        lines = last_lines(self._log)
        return f"The devkit server of this suite, {self.url}, has died. Its last lines:\n{lines}"

    def lost(self, error: OperatorError) -> bool:
        """Whether a call failed because the server is gone."""
        if not isinstance(error, (NotRunning, ServerRefused)):
            return False
        if self._hold is None:
            return isinstance(error, NotRunning)
        # Its connections may be cut a moment before the one that is held.
        return self._hold.lost_within(1.0 if isinstance(error, NotRunning) else 0.0)

    def close(self) -> None:
        if self._hold is not None:
            self._hold.close()


def last_lines(log: Path) -> str:
    """What a server said last, indented."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    # Behind the banner, where it came so far.
    begins = max((number for number, line in enumerate(lines, 1) if line.strip() == _BANNER_ENDS), default=0)
    return "\n".join(f"    {line.rstrip()}" for line in lines[begins:][-_LAST_LINES:] if line.strip()) or "    (none)"
