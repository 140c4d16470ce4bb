"""Which template a path is one of, where all templates are known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from devkit.recording.replay.canonical import Route

_PARAMETER = "{}"
_METHODS = ""
"""What ends at a node, by method; no segment is called so behind a slash that is followed by another."""


def route_of(operations: Iterable[tuple[str, str]]) -> Route:
    """By method and template (`/orders/{id}`); a word comes before a parameter."""
    root: dict[str, Any] = {}
    for method, template in operations:
        node = root
        for segment in template.split("/")[1:]:
            node = node.setdefault(_PARAMETER if segment.startswith("{") else f"/{segment}", {})
        node.setdefault(_METHODS, {})[method] = template

    def found(node: dict[str, Any], segments: list[str], at: int, method: str) -> str:
        if at == len(segments):
            return str(node.get(_METHODS, {}).get(method, ""))
        for name in (f"/{segments[at]}", _PARAMETER):
            if (name != _PARAMETER or segments[at]) and name in node:
                template = found(node[name], segments, at + 1, method)
                if template:
                    return template
        return ""

    def route(method: str, target: str) -> str:
        segments = target.partition("?")[0].split("/")[1:]
        return found(root, segments, 0, "GET" if method == "HEAD" else method)

    return route
