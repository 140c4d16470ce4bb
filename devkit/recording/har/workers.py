"""What passed through a service worker: Chromium writes it down twice, once as the page saw it and once as it went over
the network, with an empty body.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any

from devkit.records import dataclass

MARK = b'"_fetchedViaServiceWorker"'
_SLACK = 5.0
"""Milliseconds by which two clocks of one browser may differ."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """By the index of the network's entry, that of the worker's, which has the body; and the entries that are left out,
    with the reason, which is empty where nothing is lost.
    """

    bodies: Mapping[int, int] = field(default_factory=dict)
    left_out: Mapping[int, str] = field(default_factory=dict)


NONE = Pairs()


def method_of(entry: Any) -> str:
    """Empty where there is none."""
    request = entry.get("request") if isinstance(entry, dict) else None
    method = request.get("method") if isinstance(request, dict) else None
    return method if isinstance(method, str) else ""


def pairs(load: Callable[[int], Any], order: Sequence[int]) -> Pairs:
    """Which entries belong together: `order` is theirs by when they began."""
    bodies: dict[int, int] = {}
    left_out: dict[int, str] = {}
    seen = [(index, *_seen(load(index))) for index in order]
    network: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for index, key, start, _, is_worker in seen:
        if not is_worker:
            network.setdefault(key, []).append((index, start))
    for index, key, start, end, is_worker in seen:
        if not is_worker:
            continue
        within = [
            other for other, began in network.get(key, ())
            if start - _SLACK <= began <= end + _SLACK and other not in bodies
        ]  # fmt: skip
        if within:
            bodies[within[0]] = index
            left_out[index] = ""
        else:
            left_out[index] = "is left out: a service worker made the answer, and no backend did"
    return Pairs(bodies, left_out)


def merged(network: dict[str, Any], worker: dict[str, Any]) -> dict[str, Any]:
    """One entry of the two: the network's, with the bodies that the page's has."""
    response = {**network["response"], "content": worker["response"]["content"]}
    request = dict(network["request"])
    if "postData" not in request and "postData" in worker["request"]:
        request["postData"] = worker["request"]["postData"]
    found = {**network, "request": request, "response": response}
    if "_eventSourceMessages" in worker:
        found["_eventSourceMessages"] = worker["_eventSourceMessages"]
    return found


def _seen(entry: Any) -> tuple[tuple[str, str], float, float, bool]:
    """Method and address, when it began and ended in milliseconds, and whether it is what the page saw."""
    try:
        start = datetime.fromisoformat(entry["startedDateTime"]).timestamp() * 1000
        length = max(0.0, float(entry.get("time") or 0))
        response = entry.get("response") or {}
        is_worker = bool(response.get("_fetchedViaServiceWorker") or entry.get("_fetchedViaServiceWorker"))
        return (entry["request"]["method"], entry["request"]["url"]), start, start + length, is_worker
    except (KeyError, TypeError, ValueError):
        return ("", ""), 0.0, 0.0, False
