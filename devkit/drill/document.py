"""What reports have in common as pages: the frame, which needs nothing else, badges, sentences with code in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from devkit.drill.style import CSS

MARKS: Mapping[str, str] = {"passed": "✓", "failed": "✕", "inconclusive": "?", "skipped": "–"}


def document(title: str, body: str, footer: str, verdict: str) -> str:
    """The whole document; `body` and `footer` are HTML."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{MARKS[verdict]} {escape(title)}</title><style>{CSS}</style></head>"
        f"<body><main>{body}</main><footer>{footer}</footer></body></html>\n"
    )


def badge(verdict: str) -> str:
    return f'<span class="badge {verdict}"><span aria-hidden="true">{MARKS[verdict]}</span> {verdict}</span>'


def prose(text: str) -> str:
    """A sentence with its names in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
