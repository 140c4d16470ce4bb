"""Events as a user's own envelope has them: a template, in whose texts words in braces stand for values."""

from __future__ import annotations

import re
from collections.abc import Mapping

from devkit.blueprint.base import EVENT_WORDS
from devkit.dialects.spelling import Json

_WORD = re.compile(rf"{{({'|'.join(EVENT_WORDS)})}}")


def filled(template: Json, values: Mapping[str, Json]) -> Json:
    """The template with its values. A text that is but a word is the value itself, be it an object."""
    if isinstance(template, Mapping):
        return {name: filled(part, values) for name, part in template.items()}
    if isinstance(template, list):
        return [filled(part, values) for part in template]
    if not isinstance(template, str):
        return template
    alone = _WORD.fullmatch(template)
    return values[alone[1]] if alone else _WORD.sub(lambda found: str(values[found[1]]), template)


def schema_of(template: Json, schemas: Mapping[str, Json]) -> Json:
    """JSON Schema of what `filled` makes of it; `schemas` are those of the values."""
    if isinstance(template, Mapping):
        members = {name: schema_of(part, schemas) for name, part in template.items()}
        return {"type": "object", "properties": members, "required": [*members], "additionalProperties": False}
    if isinstance(template, list):
        return {"type": "array", "prefixItems": [schema_of(part, schemas) for part in template], "items": False}
    if not isinstance(template, str):
        return {"const": template}
    alone = _WORD.fullmatch(template)
    if alone:
        return schemas[alone[1]]
    return {"type": "string"} if _WORD.search(template) else {"const": template}
