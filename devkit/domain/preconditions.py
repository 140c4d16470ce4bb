"""Conditional requests (RFC 9110, section 13): does a list of entity tags name this version?"""

from __future__ import annotations

import re

from devkit.contract.errors import DomainError

_TAG = re.compile(r'\s*(W/)?"([^"]*)"\s*(?:,|$)')


def names_tag(condition: str, tag: str, *, weak: bool) -> bool:
    """Whether a field such as `"a", W/"b"` or `*` names `tag`; `weak` comparison ignores `W/` (section 8.8.3.2)."""
    if condition.strip() == "*":
        return True
    return any(value == tag and (weak or not is_weak) for is_weak, value in _TAG.findall(condition))


def require(condition: str | None, tag: str) -> None:
    """Raises DomainError `precondition_failed` where an If-Match does not name the current version."""
    if condition is not None and not names_tag(condition, tag, weak=False):
        raise DomainError("precondition_failed")
