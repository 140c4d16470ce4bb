"""Signatures of texts: bits that tell of most texts that they do not hold what somebody searches for.

Every three bytes that follow one another set one bit out of 126 (superimposed coding, as in signature files). A text
can only be found where all the bits are set that the wanted one sets, so the others need not be read. Signatures are
stored: what sets which bit never changes.
"""

from __future__ import annotations

Signature = tuple[int, int]
"""63 bits each, which is what an integer of SQLite holds without a sign."""

_BETWEEN = "\0\0"
"""Stands between two texts, so that no three bytes belong to both."""
_FIRST, _SECOND, _THIRD = (bytes(value * factor & 127 for value in range(256)) for factor in (1, 29, 83))
"""What the three bytes are worth. Of some twenty choices, these factors let the fewest wrong texts through."""
_SET = b"\x80"
_DIGITS = bytes(ord("1") if value == _SET[0] else ord("0") for value in range(256))


def signature(title: str, description: str | None) -> Signature:
    """Of a task with these; cases do not count, as where it is searched. It is that of the title and that of the
    description together, bit by bit.
    """
    return _signature(f"{title.casefold()}{_BETWEEN}{description.casefold() if description else ''}")


def required(text: str) -> Signature:
    """The bits that are set in each signature of a text which holds that one; none where it is shorter than three."""
    return _signature(text.casefold())


def _signature(text: str) -> Signature:
    """No loop over the text is Python's: a task that is added can wait for two microseconds, not for twenty."""
    data = text.encode()
    count = len(data) - 2
    if count <= 0:
        return 0, 0
    number = int.from_bytes
    mixed = (
        number(data[:-2].translate(_FIRST), "big")
        ^ number(data[1:-1].translate(_SECOND), "big")
        ^ number(data[2:].translate(_THIRD), "big")
    ).to_bytes(count, "big")
    # A table that maps what occurs to one value, and anything else to itself, shows what occurs.
    digits = bytes.maketrans(mixed, _SET * count)[:128].translate(_DIGITS)
    return int(digits[1:64], 2), int(digits[65:], 2)
