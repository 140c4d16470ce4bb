"""Values that fit a schema, and that somebody could believe: the same each time for the same key and seed."""

from __future__ import annotations

from collections.abc import Mapping

from devkit.effects import DAY, Instant, Randomness
from devkit.schemas.base import Json
from devkit.schemas.believable import Author, faker
from devkit.schemas.checking import Checker
from devkit.schemas.composing import Composition
from devkit.schemas.merging import Flats, Unsatisfiable

_ATTEMPTS = 8


class Maker:
    """Makes values. The `checker` says which members are left out, and judges all that is made; `now` is the sandbox's
    present, of which the day counts.
    """

    def __init__(self, checker: Checker, seed: int, now: Instant) -> None:
        self.checker, self.seed, self.now = checker, seed, now // DAY * DAY
        self._faker = faker()
        self._flats = Flats(checker.components)

    def value(
        self,
        schema: Json,
        key: str,
        *,
        name: str = "",
        of: str = "",
        given: Mapping[str, Json] | None = None,
        varied: bool = False,
    ) -> Json:
        """A value, the same for the same `key`. `name` is what it is called, `of` what kind of thing it is. An object
        takes members from `given`, where they fit. Examples and defaults are what they are, unless values are to be
        `varied`, as rows are.

        Raises Unsatisfiable, where nothing that fits could be made.
        """
        why = Unsatisfiable("nothing fits the schema")
        for attempt in range(_ATTEMPTS):
            randomness = Randomness(self.seed, f"{key}/{attempt}")
            one = Composition(self.checker, self._flats, randomness, attempt=attempt, varied=varied, given=given or {})
            try:
                made = one.make(schema, name, Author(self._faker, randomness, self.now, of), (), 0)
            except Unsatisfiable as error:
                why = error
                continue
            problem = next(iter(self.checker.check(schema, made).items()), None)
            if problem is None:
                return made
            why = Unsatisfiable(f"what was made breaks the schema at {problem[0]}: {problem[1]}")
        raise why
