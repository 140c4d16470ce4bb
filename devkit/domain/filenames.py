"""What a file that was sent is called from then on."""

from __future__ import annotations

import re

LONGEST = 255
"""Characters of a name."""
_LONGEST_EXTENSION = 32
"""Characters of what counts as an extension, its dot included."""
_NAMELESS = "upload"
_DROPPED = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls, separators of lines and paragraphs, controls of text direction (Unicode, "Bidi_Control"), and halves of
surrogate pairs. All else stays: spaces of any width, joiners that emoji and many scripts need, a leading dot.
"""


def safe_filename(name: str) -> str:
    """The last part of whatever path a client sent, without controls; `upload` where nothing is left to call it by.

    One that is too long is cut before its extension.
    """
    last = _DROPPED.sub("", re.split(r"[/\\]", name)[-1])
    if not last.strip().strip(". "):
        return _NAMELESS
    if len(last) <= LONGEST:
        return last
    dot = last.rfind(".")
    extension = last[dot:] if dot > 0 and len(last) - dot <= _LONGEST_EXTENSION else ""
    return last[: LONGEST - len(extension)] + extension
