"""How near a request is to what was recorded, where it was not."""

from __future__ import annotations

import difflib
from typing import Any

from devkit.recording.replay.canonical import Form
from devkit.recording.replay.volatile import leaves


def distance(asked: Form, other: Form) -> tuple[int, float]:
    """How far a recorded request is from one that is asked: paths count more than queries, and these than bodies."""
    same_path = asked.path == other.path
    query = len(set(asked.query) ^ set(other.query))
    body = 0.0 if asked.body == other.body else 1.0 - _likeness(asked.body, other.body)
    path = 0.0 if same_path else 1.0 - difflib.SequenceMatcher(None, asked.path, other.path).ratio()
    return (not same_path, path * 10 + query + body)


def _likeness(one: Any, other: Any) -> float:
    mine, theirs = set(map(repr, leaves(one, ()))), set(map(repr, leaves(other, ())))
    return len(mine & theirs) / max(1, len(mine | theirs))


def other_operation(asked: str, recorded: str) -> str:
    method, _, path = asked.partition(" ")
    other, _, there = recorded.partition(" ")
    return f"its method is {other}" if path == there else f"its path is {there}" if method == other else "another one"
