"""What is in an answer besides what is known: made from its schema, once, and the same each time."""

from __future__ import annotations

from devkit.dialects.spelling import Json
from devkit.schemas.base import Components, Schema


def made_around(schema: Schema, components: Components) -> dict[str, Json]:
    """The members of an object of that schema; none for one that says nothing, or that nothing fits."""
    if not schema:
        return {}
    # What makes up values takes long to load.
    from devkit.schemas.checking import Checker
    from devkit.schemas.making import Maker
    from devkit.schemas.merging import Unsatisfiable

    try:
        made = Maker(Checker(components, "writeOnly"), 0, 0).value(schema, "around")
    except Unsatisfiable:
        return {}
    return dict(made) if isinstance(made, dict) else {}


def put(body: dict[str, Json], path: str, value: Json) -> None:
    """Set the member at a path, and make the objects on the way to it."""
    *above, last = path.split(".")
    for step in above:
        body = body.setdefault(step, {})
    body[last] = value
