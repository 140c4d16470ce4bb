"""Tasks. Every function takes the owner's number: nobody reaches another user's rows.

Beside the columns that tasks are found and ordered by, each row holds its task as JSON, ready to send (`STORED`): most
tasks that are read are sent, and a text that is there need not be made. `task_counts` counts each user's rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from sqlite3 import Connection
from typing import Any, NamedTuple

import orjson

from devkit.contract.entities import Task
from devkit.effects import Instant, isoformat
from devkit.storage import listed
from devkit.storage.listed import FEW, Numbered, around, joined
from devkit.storage.schema import TASK_COUNTS
from devkit.storage.taskids import number_told
from devkit.storage.trigrams import required, signature

_COLUMNS = "completed, priority, due_date, created_at, updated_at, version, json"
_WRITTEN = f"title_key, trigrams_a, trigrams_b, {_COLUMNS}"
_TOLD = "number = ? AND owner = ? AND substr(json, 8, 36) = ?"
"""A task whose id tells its number, and stands at the beginning of what `ready_text` writes."""
_OWN = "own_id = ? AND owner = ?"
_AMONG = (
    "((number IN (SELECT value FROM json_each(?)) AND substr(json, 8, 36) IN (SELECT value FROM json_each(?)))"
    " OR own_id IN (SELECT value FROM json_each(?)))"
)
"""Tasks of some ids, found as one is."""

# Every order ends in `number`, so that no two rows are equal and pages never overlap.
_ORDERS = {
    "id": "substr(json, 8, 36) {0}, number {0}",
    "created_at": "created_at {0}, number {0}",
    "updated_at": "updated_at {0}, number {0}",
    "title": "title_key {0}, number {0}",
    "completed": "completed {0}, number {0}",
    "due_date": "due_date {0} NULLS LAST, number {0}",
    "priority": "CASE priority WHEN 'low' THEN 0 WHEN 'medium' THEN 1 ELSE 2 END {0}, number {0}",
}

ready_rows = Numbered("tasks").ready_rows

_FOUND_BY_NUMBER = f"SELECT {{0}} FROM tasks WHERE {_TOLD}"
_FOUND_BY_ID = f"SELECT {{0}} FROM tasks WHERE {_OWN}"
_INSERT = f"INSERT INTO tasks (number, owner, own_id, {_WRITTEN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_UPDATE = f"UPDATE tasks SET {', '.join(f'{column} = ?' for column in _WRITTEN.split(', '))}"

_quoted: Callable[[str], str] = json.encoder.encode_basestring


class Selection(NamedTuple):
    """Which tasks, in which order. `sort` is a field, with `-` before it for falling; `ids` are all that count."""

    sort: str = "-created_at"
    completed: bool | None = None
    priority: str | None = None
    q: str | None = None
    ids: tuple[str, ...] | None = None

    @property
    def is_indexed(self) -> bool:
        """Whether an index gives it as it is: every task counts, in the order in which they were made."""
        return self.is_whole and self.in_index_order

    @property
    def in_index_order(self) -> bool:
        return self.sort.lstrip("-") == "created_at"

    @property
    def is_whole(self) -> bool:
        """Whether every task counts."""
        return self.completed is None and self.priority is None and not self.q and self.ids is None

    def bounded(self, tasks: int) -> bool:
        """Whether a page of it costs little, for a user who has so many tasks: an index gives order and number, or
        there are few.
        """
        return tasks <= FEW or self.is_indexed


def count_all(connection: Connection, owner: int) -> int:
    """How many tasks a user has."""
    return count(connection, owner, Selection())


def page(connection: Connection, owner: int, selection: Selection, limit: int, offset: int) -> tuple[Task, ...]:
    return tuple(map(_task, connection.execute(*_select(_COLUMNS, owner, selection, limit, offset))))


def ready_page(connection: Connection, owner: int, selection: Selection, limit: int, offset: int, total: int) -> str:
    """The same page of all `total` tasks that it selects: each as JSON, with commas between them."""
    beyond = total - offset - limit
    if beyond >= offset or not selection.in_index_order:
        return joined(connection, *_select("json", owner, selection, limit, offset))
    # The end of the index is nearer.
    backwards = selection._replace(sort=selection.sort[1:] if selection.sort.startswith("-") else f"-{selection.sort}")
    found = numbers(connection, owner, backwards, limit + min(beyond, 0), max(beyond, 0))
    return ready_rows(connection, found[::-1])


def numbers(
    connection: Connection, owner: int, selection: Selection, limit: int = -1, offset: int = 0
) -> Sequence[int]:
    """The numbers of the rows that it selects (all, or a page of them), in its order."""
    statement, given = _select("number", owner, selection, limit, offset)
    return listed.numbers(connection, statement, given)


def count(connection: Connection, owner: int, selection: Selection) -> int:
    """How many tasks of a user it selects. Only what it searches for needs a look at the tasks themselves."""
    if selection.q or selection.ids is not None:
        where, given = _where(owner, selection)
        return int(connection.execute(f"SELECT count(*) FROM tasks WHERE {where}", given).fetchone()[0])
    row = connection.execute(_counted(selection.completed, selection.priority), (owner,)).fetchone()
    return int(row[0]) if row else 0


@cache
def _counted(completed: bool | None, priority: str | None) -> str:
    columns = (
        column
        for (done, level), column in TASK_COUNTS.items()
        if completed in (None, done) and priority in (None, level)
    )
    return f"SELECT {' + '.join(columns)} FROM task_counts WHERE owner = ?"


def find(connection: Connection, owner: int, task_id: str) -> Task | None:
    row = _find(connection, _COLUMNS, owner, task_id)
    return _task(row) if row else None


def find_ready(connection: Connection, owner: int, task_id: str) -> tuple[str, int] | None:
    """The task as JSON, and its version."""
    row: tuple[str, int] | None = _find(connection, "json, version", owner, task_id)
    return row


def _find(connection: Connection, columns: str, owner: int, task_id: str) -> Any:
    told = number_told(task_id)
    row = None
    if told is not None:
        row = connection.execute(around(_FOUND_BY_NUMBER, columns), (told, owner, task_id)).fetchone()
    return row or connection.execute(around(_FOUND_BY_ID, columns), (task_id, owner)).fetchone()


def next_number(connection: Connection) -> int:
    """The number of the next row, for an id that tells it."""
    return int(connection.execute("SELECT ifnull(max(number), 0) + 1 FROM tasks").fetchone()[0])


def insert(connection: Connection, owner: int, task: Task, number: int | None = None) -> str:
    """Add a task; `number` is the row's, where its id was made to tell it. Returns what is stored ready to send."""
    own_id = None
    if number is None:
        number, told = next_number(connection), number_told(task.id)
        if told is not None and 0 < told < number and not _is_taken(connection, told):
            # It was here before.
            number = told
        own_id = None if told == number else task.id
    values = _values(task)
    connection.execute(_INSERT, (number, owner, own_id, *values))
    return values[-1]


def insert_seeded(connection: Connection, owned: Iterable[tuple[int, Task]]) -> None:
    """Add tasks with the numbers of their owners, in that order, whose ids tell nothing."""
    connection.executemany(_INSERT, ((None, owner, task.id, *_values(task)) for owner, task in owned))


def _is_taken(connection: Connection, number: int) -> bool:
    return connection.execute("SELECT 1 FROM tasks WHERE number = ?", (number,)).fetchone() is not None


def save(connection: Connection, owner: int, task: Task) -> None:
    """Store a changed task over the one of its id."""
    _change(connection, _UPDATE, _values(task), owner, task.id)


def delete(connection: Connection, owner: int, task_id: str) -> None:
    _change(connection, "DELETE FROM tasks", (), owner, task_id)


def _change(connection: Connection, statement: str, values: tuple[Any, ...], owner: int, task_id: str) -> None:
    told = number_told(task_id)
    if told is None or not connection.execute(f"{statement} WHERE {_TOLD}", (*values, told, owner, task_id)).rowcount:
        connection.execute(f"{statement} WHERE {_OWN}", (*values, task_id, owner))


def ready_text(
    identifier: str,
    title: str,
    description: str | None,
    completed: object,
    priority: str,
    due_date: Instant | None,
    created_at: Instant,
    updated_at: Instant,
) -> str:
    """What a row holds in `json`."""
    described = "null" if description is None else _quoted(description)
    due = "null" if due_date is None else f'"{isoformat(due_date)}"'
    done = "true" if completed else "false"
    made = isoformat(created_at)
    changed = made if updated_at == created_at else isoformat(updated_at)
    return (
        f'{{"id":"{identifier}","title":{_quoted(title)},"description":{described},"completed":{done}'
        f',"priority":"{priority}","dueDate":{due},"createdAt":"{made}"'
        f',"updatedAt":"{changed}"}}'
    )


def _select(columns: str, owner: int, selection: Selection, limit: int, offset: int) -> tuple[str, tuple[object, ...]]:
    where, given = _where(owner, selection)
    return _selecting(columns, where, selection.sort), (*given, limit, offset)


@cache
def _selecting(columns: str, where: str, sort: str) -> str:
    order = _ORDERS[sort.lstrip("-")].format("DESC" if sort.startswith("-") else "ASC")
    found = columns if Selection(sort).in_index_order else "number"
    statement = f"SELECT {found} FROM tasks WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"
    # The index gives what to sort by, and only the rows that are wanted are read. CROSS JOIN means that they are
    # looked up in the order in which they are named (SQLite's documentation of the query planner).
    return statement if found == columns else f"SELECT {columns} FROM ({statement}) CROSS JOIN tasks USING (number)"


def _where(owner: int, selection: Selection) -> tuple[str, list[Any]]:
    clauses = ["owner = ?"]
    given: list[Any] = [owner]
    if selection.completed is not None:
        clauses.append("completed = ?")
        given.append(selection.completed)
    if selection.priority is not None:
        clauses.append("priority = ?")
        given.append(selection.priority)
    if selection.ids is not None:
        clauses.append(_AMONG)
        told = [number for number in map(number_told, selection.ids) if number is not None]
        given += [json.dumps(told), (wanted := json.dumps(selection.ids)), wanted]
    if selection.q:
        what, texts = holding(selection.q)
        clauses.append(what)
        given += texts
    return " AND ".join(clauses), given


def holding(text: str, table: str = "tasks") -> tuple[str, list[Any]]:
    """What says of a task that its title or description holds a text, whatever the cases; with its parameters.

    The cheaper a condition, the sooner it comes: what an index holds, then what needs the row, then what needs Python.
    """
    folded, (a, b) = text.casefold(), required(text)
    # fold() knows all of Unicode's cases.
    described, given = f"instr(fold({table}.description), ?)", [folded]
    if folded.isascii():
        # LIKE knows only ASCII's cases, but takes a tenth of the time. What it finds nothing in need not be looked
        # at closer, unless there are more bytes than characters, and so others than ASCII's.
        row = f"{table}.json"
        described = rf"({row} LIKE ? ESCAPE '\' OR length({row}) < length(CAST({row} AS BLOB))) AND {described}"
        given.insert(0, f"%{_literal(_quoted(folded)[1:-1])}%")
    clause = f"(instr({table}.title_key, ?) OR {described})"
    given.insert(0, folded)
    if a or b:
        return f"{table}.trigrams_a & ? = ? AND {table}.trigrams_b & ? = ? AND {clause}", [a, a, b, b, *given]
    return clause, given


def _literal(text: str) -> str:
    """A pattern of LIKE that means just that text."""
    return re.sub(r"([%_\\])", r"\\\1", text)


def _values(task: Task) -> tuple[str, int, int, bool, str, Instant | None, Instant, Instant, int, str]:
    """What goes into `_WRITTEN`."""
    return (
        task.title.casefold(),
        *signature(task.title, task.description),
        task.completed,
        task.priority,
        task.due_date,
        task.created_at,
        task.updated_at,
        task.version,
        ready_text(
            task.id,
            task.title,
            task.description,
            task.completed,
            task.priority,
            task.due_date,
            task.created_at,
            task.updated_at,
        ),
    )


def _task(row: tuple[Any, ...]) -> Task:
    completed, priority, due_date, created_at, updated_at, version, text = row
    said = orjson.loads(text)
    return Task(
        said["id"],
        said["title"],
        said["description"],
        bool(completed),
        priority,
        due_date,
        created_at,
        updated_at,
        version,
    )
