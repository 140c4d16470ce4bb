"""How rows are spelled where an operation promises something else of them than what they are: with other members, or
with members of another kind.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from devkit.contract.resources import Resource
from devkit.contract.shapes import Outcome, is_json
from devkit.dialects.replies import Reply
from devkit.dialects.spelling import Json, Spelling, WireContext
from devkit.dialects.yours.answers import ManyRows, NoRow, OneRow
from devkit.records import dataclass
from devkit.schemas.base import Components

if TYPE_CHECKING:
    from devkit.schemas.making import Maker

log = logging.getLogger("devkit")

_DAY = 1_767_225_600_000
"""2026-01-01: what is made has a date near it, since answers are spelled without a clock."""


class Fits:
    """What makes answers fit, for all operations of a contract; made when it is first needed."""

    def __init__(self, components: Components) -> None:
        self._components = components

    @cached_property
    def maker(self) -> Maker:
        from devkit.schemas.checking import Checker
        from devkit.schemas.making import Maker

        return Maker(Checker(self._components, "writeOnly"), 0, _DAY)


# Compared by identity: what it is made of may have no hash.
@dataclass(frozen=True, kw_only=True, eq=False)
class Fitted:
    """The answer that `rows` spells, changed as little as it takes to be what the `outcome` promises."""

    rows: OneRow | ManyRows | NoRow
    resource: Resource
    outcome: Outcome
    fits: Fits

    @property
    def status(self) -> int:
        return self.rows.status

    @cached_property
    def sends_stored(self) -> bool:
        """Whether `ready` may be asked: what is stored always fits."""
        return self.rows.sends_stored and self._always

    @property
    def ready(self) -> Any:
        """As the rows' own."""
        assert not isinstance(self.rows, NoRow)  # noqa: S101 - that has none, and sends nothing that is stored
        return self.rows.ready

    def reply(self, result: Any, context: WireContext, spelling: Spelling) -> Reply:
        reply, schema = self.rows.reply(result, context, spelling), self._schema
        if schema is None or not reply.has_body or not isinstance(reply.body, dict | list) or self._always:
            return reply
        from devkit.schemas.fitting import fitted
        from devkit.schemas.merging import Unsatisfiable
        from devkit.schemas.walking import types_of

        maker = self.fits.maker
        types = types_of(schema, maker.checker.components)
        if isinstance(reply.body, list) and types and "array" not in types:
            # Many were made at once, where one is promised.
            return reply
        try:
            reply.body = fitted(reply.body, schema, maker, self.resource.name)
        except Unsatisfiable as why:
            log.warning("what is answered of %s cannot be what is promised: %s", self.resource.name, why)
        return reply

    def media_type(self) -> str:
        return self.rows.media_type()

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json | None:
        return self.rows.body_schema(spelling, components)

    def headers(self) -> Mapping[str, str]:
        return self.rows.headers()

    @cached_property
    def _schema(self) -> Json:
        """What the body must fit; None where that is not said."""
        media = self.outcome.body.media if self.outcome.body else {}
        return next((schema for name, schema in media.items() if is_json(name) or "*" in name), None)

    @cached_property
    def _always(self) -> bool:
        """Whether no row needs to be looked at."""
        from devkit.schemas.fitting import always_fits

        checker, schema = self.fits.maker.checker, self._schema
        if schema is None:
            return True
        if self.rows.around or self.rows.members:
            return False
        steps = self.rows.wraps.split(".") if self.rows.wraps else []
        if isinstance(self.rows, ManyRows):
            for step in self.rows.pages.items.split(".") if self.rows.pages.items else []:
                schema = checker.member(schema, step)
            schema = checker.item(schema, 0)
        for step in steps:
            schema = checker.member(schema, step)
        special = {self.resource.ids.name, self.resource.created_at, self.resource.updated_at, self.resource.version}
        columns = {
            name: (column.schema, column.required or name in special or column.schema.get("default") is not None)
            for name, column in self.resource.columns.items()
            if not column.hidden
        }
        return always_fits(schema, columns, checker)
