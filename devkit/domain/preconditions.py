"""Conditional requests (RFC 9110, section 13): does a list of entity tags name this version?"""

from __future__ import annotations

import re
from typing import Protocol

from devkit.contract.errors import DomainError


class Conditional(Protocol):
    """What says for which versions of a thing it is meant (section 13.1): fields as the headers have them."""

    @property
    def if_match(self) -> str | None: ...

    @property
    def if_none_match(self) -> str | None: ...


_TAG = re.compile(r'(W/)?"([^"]*)"')


def names_tag(condition: str, tag: str, *, weak: bool) -> bool:
    """Whether a field such as `"a", W/"b"` or `*` names `tag`; `weak` comparison ignores `W/` (section 8.8.3.2)."""
    if condition.strip() == "*":
        return True
    return any(value == tag and (weak or not is_weak) for is_weak, value in _TAG.findall(condition))


def require_match(data: Conditional, tag: str) -> None:
    """Before a thing of that version is read: whether another version is a failure or a 304, HTTP knows.

    Raises DomainError `precondition_failed` where an If-Match does not name it.
    """
    if data.if_match is not None and not names_tag(data.if_match, tag, weak=False):
        raise DomainError("precondition_failed")


def require(data: Conditional, tag: str) -> None:
    """Before a thing of that version is changed: the conditions in their order (section 13.2.2).

    Raises DomainError `precondition_failed` where an If-Match does not name the version, or an If-None-Match does.
    """
    require_match(data, tag)
    if data.if_none_match is not None and names_tag(data.if_none_match, tag, weak=True):
        raise DomainError("precondition_failed", "If-None-Match names the version that is there")
