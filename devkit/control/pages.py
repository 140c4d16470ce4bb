"""The pages below `/_devkit/` and the files they are made of: listed once, so that no path can lead elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from devkit.records import dataclass

_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_PANEL = Path(__file__).parent.parent / "panel"

# Style attributes are what mails are dressed with; they can load nothing that the other rules do not allow.
_RULES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    # No string becomes markup or script, but a mail in its sandboxed frame.
    "require-trusted-types-for 'script'; trusted-types devkit-mail"
)


@dataclass(frozen=True, slots=True)
class File:
    """A file that is served as it is. Pages have `rules`."""

    path: Path
    rules: str | None = None

    @property
    def content_type(self) -> str:
        return _TYPES[self.path.suffix]

    def headers(self) -> dict[str, str]:
        headers = {"Cache-Control": "no-cache"}
        if self.rules is not None:
            headers["Content-Security-Policy"] = self.rules
        return headers


@cache
def files() -> Mapping[str, File]:
    """Path → file."""
    found = {
        # The reference is a view of the panel.
        path: File(_PANEL / "index.html", rules=_RULES)
        for path in PAGES
    }
    for path in sorted(_PANEL.rglob("*")):
        if path.suffix in _TYPES and path.suffix != ".html":
            found[f"/_devkit/panel/{path.relative_to(_PANEL).as_posix()}"] = File(path)
    return found


PAGES = ("/_devkit/", "/_devkit/docs")
"""What is opened in a browser."""


def is_page(path: str) -> bool:
    """Whether a page, or a file that pages are made of, is at that path."""
    return path in files() or path in REDIRECTS


REDIRECTS: Mapping[str, str] = {"/_devkit": "/_devkit/", "/_devkit/docs/": "/_devkit/docs"}
"""Addresses that people type, and where the page is."""
