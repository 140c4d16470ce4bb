"""The pages below `/_devkit/` and the files they are made of: listed once, so that no path can lead elsewhere."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from devkit.records import dataclass

_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_PANEL = Path(__file__).parent.parent / "panel"

# Style attributes are what mails are dressed with; they can load nothing that the other rules do not allow.
_RULES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# In the panel no string becomes markup or script, but a mail in its sandboxed frame.
_PANEL_RULES = f"{_RULES}; require-trusted-types-for 'script'; trusted-types devkit-mail"


@dataclass(frozen=True, slots=True)
class File:
    """A file that is served as it is; `lasting` ones may be kept by the browser for an hour. Pages have `rules`."""

    path: Path
    lasting: bool = False
    rules: str | None = None

    @property
    def content_type(self) -> str:
        return _TYPES[self.path.suffix]

    def headers(self) -> dict[str, str]:
        headers = {"Cache-Control": "private, max-age=3600" if self.lasting else "no-cache"}
        if self.rules is not None:
            headers["Content-Security-Policy"] = self.rules
        return headers


@cache
def files() -> Mapping[str, File]:
    """Path → file. The API reference's program comes from an installed package; without it, it is not there."""
    found = {
        "/_devkit/": File(_PANEL / "index.html", rules=_PANEL_RULES),
        "/_devkit/docs": File(_PANEL / "docs.html", rules=_RULES),
    }
    for path in sorted(_PANEL.rglob("*")):
        if path.suffix in _TYPES and path.suffix != ".html":
            found[f"/_devkit/panel/{path.relative_to(_PANEL).as_posix()}"] = File(path)
    # Only located: importing the package would load web frameworks' glue that is not needed.
    spec = importlib.util.find_spec("swagger_ui")
    for folder in spec.submodule_search_locations or () if spec else ():
        for name in ("swagger-ui.css", "swagger-ui-bundle.js"):
            found[f"/_devkit/reference/{name}"] = File(Path(folder) / "static" / name, lasting=True)
    return found


PAGES = ("/_devkit/", "/_devkit/docs")
"""What is opened in a browser."""


def is_page(path: str) -> bool:
    """Whether a page, or a file that pages are made of, is at that path."""
    return path in files() or path in REDIRECTS


REDIRECTS: Mapping[str, str] = {"/_devkit": "/_devkit/", "/_devkit/docs/": "/_devkit/docs"}
"""Addresses that people type, and where the page is."""
