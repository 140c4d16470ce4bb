"""Operations that a function of the user's keeps."""

from __future__ import annotations

import asyncio
import inspect
import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devkit.contract.errors import DomainError
from devkit.contract.keeping import ByFunction, ByResource
from devkit.contract.operations import Operation
from devkit.contract.resources import Pages
from devkit.contract.shapes import Said, Told, is_json, status_of, usual
from devkit.domain.base import Caller, Keeper, Resources
from devkit.domain.representing import represented
from devkit.domain.usercode import Unusable, UserFile
from devkit.effects import Clock
from devkit.schemas.base import Json

if TYPE_CHECKING:
    from devkit.domain.rows.keeping import Rows

log = logging.getLogger("devkit")

_OURS = str(Path(__file__).parents[1])
GIVEN = ("caller", "told", "rows", "clock")
"""What a function may take, by the names of its parameters."""


class Present:
    """The sandbox's time, as a function of the user's sees it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        """What time it is in the sandbox, in UTC."""
        return datetime.fromtimestamp(self._clock.now() / 1000, UTC)


class Table:
    """The rows of one resource, as the caller sees them: each an object as it is stored. What is not there is a
    DomainError `not_found`, which is answered with 404 unless it is caught; what breaks the contract is a
    `validation_error`.
    """

    def __init__(self, rows: Rows, resource: str, caller: Caller, place: Sequence[Json] = ()) -> None:
        self._rows, self._service, self._resource, self._caller = rows, rows.service(resource), resource, caller
        self._path = {str(number): value for number, value in enumerate(place)}
        kind, names = self._service.resource, tuple(self._path)
        referred = {column.reference.resource for column in kind.columns.values() if column.reference}
        apart = {name: len(rows.service(name).resource.apart) for name in (resource, *referred)}
        self._places = {name: names[:length] for name, length in apart.items() if length and names}

    def at(self, *place: Json) -> Table:
        """Of rows that are kept apart those at a place: `rows["issues"].at("octo", "hello")`. Without, they are what
        all places begin with.
        """
        wanted = self._service.resource.apart
        if len(place) != len(wanted):
            where = f"at each {wanted[-1]}" if wanted else "nowhere"
            raise TypeError(f"{self._resource} are kept apart {where}: that is {len(wanted)} values, not {len(place)}")
        return Table(self._rows, self._resource, self._caller, place)

    async def list(self, **equal: Json) -> list[dict[str, Json]]:
        """All rows, or those with these values."""
        by = replace(self._by("list"), pages=Pages(style="none"))
        found = await self._service.list(by, self._caller, Told(path=self._path))
        rows = [dict(record.values) for record in found.items]
        return [row for row in rows if all(row.get(name) == value for name, value in equal.items())]

    async def get(self, id: Json) -> dict[str, Json]:  # noqa: A002 - what rows call it
        return dict((await self._service.get(self._by("get"), self._caller, self._told(id))).values)

    async def find(self, id: Json) -> dict[str, Json] | None:  # noqa: A002 - as above
        """The same; None where it is not there."""
        try:
            return await self.get(id)
        except DomainError as error:
            if error.kind.name != "not_found":
                raise
            return None

    async def create(self, values: Mapping[str, Json]) -> dict[str, Json]:
        made = await self._service.create(self._by("create"), self._caller, Told(path=self._path, body=dict(values)))
        assert not isinstance(made, tuple)  # noqa: S101 - for the type checker: a list gives several
        return dict(made.values)

    async def update(self, id: Json, values: Mapping[str, Json]) -> dict[str, Json]:  # noqa: A002 - as above
        """What is given changes, the rest stays."""
        return dict((await self._service.update(self._by("update"), self._caller, self._told(id, dict(values)))).values)

    async def delete(self, id: Json) -> None:  # noqa: A002 - as above
        await self._service.delete(self._by("delete"), self._caller, self._told(id))

    def _by(self, verb: Any) -> ByResource:
        return ByResource(resource=self._resource, verb=verb, item="id", places=self._places)

    def _told(self, row_id: Json, body: Json = None) -> Told:
        return Told(path={**self._path, "id": row_id}, body=body)


class Tables:
    """`rows["orders"]`."""

    def __init__(self, rows: Callable[[], Rows], names: tuple[str, ...], caller: Caller) -> None:
        self._rows, self._names, self._caller = rows, names, caller

    def __getitem__(self, resource: str) -> Table:
        if resource not in self._names:
            raise LookupError(f"there is no resource {resource!r}: there is {', '.join(self._names) or 'none'}")
        return Table(self._rows(), resource, self._caller)


class Functions:
    """Functions of one sandbox's contract. `rows` gives what keeps its resources, whose names those are."""

    def __init__(self, resources: Resources, rows: Callable[[], Rows], names: tuple[str, ...]) -> None:
        self._on, self._rows, self._names = resources, rows, names
        self._files: dict[Path, UserFile] = {}

    def keeper(self, operation: Operation, by: ByFunction) -> Keeper:
        """What keeps that operation: a coroutine that gives a `Said`."""
        file = self._files.setdefault(by.file, UserFile(by.file))
        return partial(self._call, operation, file, by.name)

    async def _call(self, operation: Operation, file: UserFile, name: str, caller: Caller, told: Told) -> Said:
        try:
            function = await asyncio.to_thread(file.function, name)
            given = self._given(function, file, name, caller, told)
            if inspect.iscoroutinefunction(function):
                result = await function(**given)
            else:
                result = await asyncio.to_thread(partial(function, **given))
                result = await result if inspect.isawaitable(result) else result
            return _said(operation, result)
        except DomainError:
            raise
        except Unusable as why:
            log.error("%s is kept by a function that cannot be used: %s", operation.id, why)  # noqa: TRY400 - no bug of ours
            raise DomainError("internal_error", f"{str(why)[:1].upper()}{str(why)[1:]}") from None
        except (Exception, SystemExit) as failure:  # noqa: BLE001 - whatever it is, the server goes on
            log.error("%s failed:\n%s", operation.id, _traced(failure, file.path))  # noqa: TRY400 - traced as far as it is theirs
            raise DomainError("internal_error", _sentence(failure, file.path, name)) from None

    def _given(
        self, function: Callable[..., Any], file: UserFile, name: str, caller: Caller, told: Told
    ) -> dict[str, Any]:
        """What it is called with. Raises Unusable."""
        parameters = inspect.signature(function).parameters.values()
        everything = {
            "caller": caller.user.user if caller.user else None,
            "told": told,
            "rows": Tables(self._rows, self._names, caller),
            "clock": Present(self._on.clock),
        }
        if any(one.kind is one.VAR_KEYWORD for one in parameters):
            return everything
        wanted = [one for one in parameters if one.kind is not one.VAR_POSITIONAL]
        for one in wanted:
            if one.name not in everything and one.default is one.empty:
                raise Unusable(f"{name} of {file.path.name} takes {one.name}: it may take {', '.join(GIVEN)}")
            if one.kind is one.POSITIONAL_ONLY:
                raise Unusable(f"{name} of {file.path.name} takes {one.name} by its place: leave the / away")
        return {one.name: everything[one.name] for one in wanted if one.name in everything}


def _said(operation: Operation, result: Any) -> Said:
    """What a function gave, as an answer: a value, a status and a value, or these and header fields."""
    outcome, headers = usual(operation.outcomes), {}
    status, value = status_of(outcome), result
    if isinstance(result, Said):
        return result
    if isinstance(result, tuple) and len(result) in {2, 3} and isinstance(result[0], int):
        status, value = result[0], result[1]
        headers = {str(name): str(text) for name, text in (result[2] if len(result) == 3 else {}).items()}
    if value is None and (outcome.body is None or status in {204, 304}):
        return Said(status=204 if status == 200 else status, headers=headers)
    promised = next(iter(outcome.body.media), "application/json") if outcome.body else "application/json"
    media_type = "application/json" if "*" in promised else promised
    if isinstance(value, bytes) and is_json(media_type):
        media_type = "application/octet-stream"
    return Said(status=status, body=_plain(represented(value, media_type)), media_type=media_type, headers=headers)


def _plain(value: Any) -> Json:
    """The value as JSON has it. Raises TypeError."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, (str, int, float, bool, bytes)):
        return value
    raise TypeError(f"it gave {type(value).__name__}, which is not JSON")


def _traced(failure: BaseException, path: Path) -> str:
    """The traceback, from where it is in the user's file, without what is ours."""
    frames = traceback.extract_tb(failure.__traceback__)
    first = next((place for place, frame in enumerate(frames) if frame.filename == str(path)), len(frames))
    theirs = [frame for frame in frames[first:] if not frame.filename.startswith(_OURS)]
    told = [*traceback.format_list(theirs), *traceback.format_exception_only(failure)]
    return "".join(told).rstrip()


def _sentence(failure: BaseException, path: Path, name: str) -> str:
    lines = [frame.lineno for frame in traceback.extract_tb(failure.__traceback__) if frame.filename == str(path)]
    where = (
        f" at line {lines[-1]}" if lines else f" at line {failure.lineno}" if isinstance(failure, SyntaxError) else ""
    )
    text = str(failure.msg if isinstance(failure, SyntaxError) else failure)
    what = f"{type(failure).__name__}: {text}" if text else type(failure).__name__
    return f"The function {name} of {path.name} failed{where}: {what}"
