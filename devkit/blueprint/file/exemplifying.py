"""An answer that was seen, written into a `backend.yaml` as an example of its operation: what else stands in the file,
comments and spaces included, stays as it is.
"""

from __future__ import annotations

import copy
import re
from typing import Any

import yaml

from devkit.records import dataclass
from devkit.yamlcore import dump

_WIDTH = 110
_FILLED = re.compile(r"\{(?:now|uuid|(?:path|query|body|header|cookie)\.[^{}]*)\}")
"""What would be filled in, and was said by the backend as it is."""
_KEPT = ("answer", "function", "service", "set")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An answer: `name` is the operation's, `path` its template, `example` what the answer is called among others."""

    name: str
    method: str
    path: str
    example: str
    value: Any
    status: int = 200


class NoRoom(Exception):
    """It cannot stand there: a sentence says why."""


def with_example(text: str, one: Example) -> str:
    """The file's text with it. Raises NoRoom."""
    if _FILLED.search(str(one.value)):
        raise NoRoom("the answer has a text like {now} in it, which an example would have filled in")
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise NoRoom("the file is no plain YAML mapping")
    before = yaml.safe_load(text)
    operations = _member(root, "operations")
    known = before.get("operations") or {}
    after = copy.deepcopy(before)
    if one.name in known:
        assert isinstance(operations, yaml.MappingNode)  # noqa: S101 - it has a member
        changed = _added(text, operations, one, known[one.name], after)
    else:
        written: dict[str, Any] = {one.method: one.path, "answers": {one.example: one.value}}
        if one.status != 200:
            written["status"] = one.status
        after["operations"] = {**known, one.name: written}
        changed = _appended(text, root, operations, {one.name: written})
    try:
        fits = yaml.safe_load(changed) == after
    except yaml.YAMLError:
        fits = False
    if not fits:
        raise NoRoom(f"the way `operations` is written leaves no room to add {one.name} by itself")
    return changed


def _added(text: str, operations: yaml.MappingNode, one: Example, words: Any, after: Any) -> str:
    """With another answer of an operation that the file has."""
    node = _member(operations, one.name)
    if not isinstance(words, dict) or not isinstance(node, yaml.MappingNode):
        raise NoRoom(f"{one.name} is one of devkit's own operations")
    if taken := next((word for word in _KEPT if word in words), None):
        remedy = "; give it `answers` instead, by names" if taken == "answer" else ""
        raise NoRoom(f"what {one.name} answers is said by its `{taken}` already{remedy}")
    if words.get("status", 200) != one.status:
        raise NoRoom(f"{one.name} answers with {words.get('status', 200)}, and this was {one.status}")
    answers, given = _member(node, "answers"), words.get("answers") or {}
    if given.get(one.example) == one.value:
        return text
    name, number = one.example, 2
    while name in given:
        name, number = f"{one.example}-{number}", number + 1
    after["operations"][one.name] = {**words, "answers": {**given, name: one.value}}
    if answers is None:
        return _put(text, node, {"answers": {name: one.value}})
    if not isinstance(answers, yaml.MappingNode):
        raise NoRoom(f"`answers` of {one.name} are no mapping")
    return _put(text, answers, {name: one.value})


def _appended(text: str, root: yaml.MappingNode, operations: yaml.Node | None, added: dict[str, Any]) -> str:
    if isinstance(operations, yaml.MappingNode) and operations.value:
        return _put(text, operations, added)
    if operations is not None:
        raise NoRoom("`operations` is there and empty: take it away, or write one operation")
    return _put(text, root, {"operations": added})


def _put(text: str, node: yaml.MappingNode, added: dict[str, Any]) -> str:
    """With that behind the last member of a mapping."""
    if node.flow_style:
        if not node.value:
            raise NoRoom("an empty {} is there")
        inside = yaml.safe_dump(added, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10**9)
        end = node.end_mark.index - 1
        return f"{text[:end].rstrip()}, {inside.strip()[1:-1]}{text[end:]}"
    column = node.value[0][0].start_mark.column
    lines = [f"{' ' * column}{line}" if line else "" for line in dump(added, width=_WIDTH).splitlines()]
    end = _end(text, node)
    gap = "" if text[:end].endswith("\n") or not end else "\n"
    return text[:end] + gap + "\n".join(lines) + "\n" + text[end:]


def _end(text: str, node: yaml.Node) -> int:
    """Where the line behind a node's last word begins: comments that follow it belong to what comes then."""
    while isinstance(node, yaml.MappingNode | yaml.SequenceNode) and node.value and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    end = node.end_mark.index
    if node.end_mark.column == 0 and end:
        return end
    line = text.find("\n", end)
    return len(text) if line < 0 else line + 1


def _member(node: yaml.Node, name: str) -> yaml.Node | None:
    assert isinstance(node, yaml.MappingNode)  # noqa: S101 - only such are asked
    return next((value for key, value in node.value if key.value == name), None)
