"""The fenced blocks of what people read first: README, CONTRIBUTING (its commands) and the guides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from devkit.records import dataclass

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))
COMMANDS_ONLY = {"CONTRIBUTING.md"}
"""Its other blocks are changes to the code, worked through: they belong into files that have more in them."""

_FENCE = re.compile(r"^( *)(```+|~~~+)[ \t]*([^\s`]*)[^\n]*\n(.*?)^\1\2[ \t]*$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"(?://|#) (\S*\.\w+)\b")


@dataclass(frozen=True, slots=True)
class Block:
    """One block as it is printed. `line` is that of its opening fence."""

    page: str
    line: int
    language: str
    text: str

    @property
    def title(self) -> str:
        """The file that its first line names, as in `// src/main.js`; else that line."""
        first = self.text.partition("\n")[0].strip()
        named = _FILE.match(first)
        return named[1] if named else first

    @property
    def key(self) -> tuple[str, str]:
        """How tests mean it: page and title. Lines move."""
        return self.page, self.title

    @property
    def id(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(page: str, text: str) -> Iterator[Block]:
    """The blocks of a page that has this text, in their order."""
    for found in _FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        indent, _, language, inner = found.groups()
        yield Block(page, line, language, re.sub(rf"^{indent}", "", inner, flags=re.MULTILINE))


def _all() -> Iterator[Block]:
    for page in PAGES:
        for block in blocks_of(page, (ROOT / page).read_text(encoding="utf-8")):
            if page not in COMMANDS_ONLY or block.language in {"sh", "bash"}:
                yield block


BLOCKS = tuple(_all())
