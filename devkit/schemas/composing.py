"""How a value is put together: objects and lists of what is in them, one of several alternatives, and no circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from devkit.effects import Randomness
from devkit.schemas import leaves
from devkit.schemas.base import REF, Json
from devkit.schemas.believable import Author
from devkit.schemas.checking import Checker
from devkit.schemas.filling import filled
from devkit.schemas.merging import Choice, Flat, Flats, Unsatisfiable
from devkit.schemas.patterns import matcher
from devkit.schemas.walking import type_of

_BUDGET = 1_200
"""Values that one may be made of; what may be left out is, from there on."""
_DEEP = 5
"""Objects in objects; deeper ones have what they must have."""
_DEEPEST = 24
_GIVEN_DEPTH = 2
"""Objects in objects, or lists, that take what is given: what stands deeper is another thing."""
_MANY_ITEMS = 1_000
_ENTRIES = ("alpha", "beta", "gamma", "delta")
_TYPES_BY_WORD: Mapping[str, str] = {
    "properties": "object", "required": "object", "additionalProperties": "object", "minProperties": "object",
    "patternProperties": "object", "propertyNames": "object",
    "items": "array", "prefixItems": "array", "minItems": "array", "contains": "array", "uniqueItems": "array",
    "minLength": "string", "maxLength": "string", "format": "string",
    "minimum": "number", "maximum": "number", "exclusiveMinimum": "number", "exclusiveMaximum": "number",
    "multipleOf": "number",
}  # fmt: skip


Trail = tuple[str, ...]
"""The components that a value is in."""


class Composition:
    """One value that is being made."""

    def __init__(
        self,
        checker: Checker,
        flats: Flats,
        randomness: Randomness,
        *,
        attempt: int,
        varied: bool,
        given: Mapping[str, Json],
    ) -> None:
        """Values are to be `varied`, or examples and defaults what they are. A later `attempt` tries something else.
        Members of the outermost objects are taken from what is `given`, where they fit.
        """
        self._checker, self._flats, self._randomness = checker, flats, randomness
        self._attempt, self._varied, self._given = attempt, varied, given
        self._budget = _BUDGET
        self._listed = 0

    def make(self, schema: Json, name: str, author: Author, trail: Trail, depth: int) -> Json:
        """Raises Unsatisfiable."""
        if depth > _DEEPEST:
            raise Unsatisfiable("it holds itself, without an end")
        self._budget -= 1
        return self._of(self._flats.of(schema), name, author, trail, depth)

    def _of(self, flat: Flat, name: str, author: Author, trail: Trail, depth: int) -> Json:
        for ready in self._ready(flat):
            return ready
        if flat.choices:
            return self._chosen(flat, name, author, trail, depth)
        if "enum" in flat.words:
            return self._option(flat)
        kind = self._type(flat, name)
        if kind in {"object", "array"}:
            compose = self._object if kind == "object" else self._array
            return compose(flat, name, author, trail, depth)
        return leaves.made(kind, flat, name, author)

    def _ready(self, flat: Flat) -> Iterator[Json]:
        """A value that the schema itself has: the only one, an example, the usual one."""
        words = flat.words
        if "const" in words:
            yield words["const"]
        if self._attempt or (flat.choices and self._varied):
            return
        examples = _examples(words) if "examples" in words or "example" in words else []
        if not self._varied and examples:
            yield self._shown(examples[0], flat)
        if examples and self._varied and (len(examples) > 1 or "enum" not in words) and len(examples) > 1:
            yield _pick(self._randomness, examples)
        if words.get("default") not in (None, "", [], {}) and not (self._varied and self._randomness.integer(0, 1)):
            yield words["default"]

    def _shown(self, example: Json, flat: Flat) -> Json:
        """An example without what is left out here."""
        return filled(example, flat.words, self._checker, defaults=False)

    def _option(self, flat: Flat) -> Json:
        types = set(_named(flat.words.get("type")))
        types |= {"integer"} if "number" in types else set()
        options = [one for one in flat.words["enum"] if not types or type_of(one) in types]
        for pattern in flat.patterns:
            options = [one for one in options if not isinstance(one, str) or matcher(pattern).is_valid(one)]
        if not options:
            raise Unsatisfiable("none of what it may be is of the type that it must be")
        some = [one for one in options if one is not None]
        return _pick(self._randomness, some or options)

    def _type(self, flat: Flat, name: str) -> str:
        types = [one for one in _named(flat.words.get("type")) if one != "null"]
        if "type" in flat.words:
            nullable = "null" in _named(flat.words["type"])
            if not types or (nullable and self._varied and self._randomness.integer(1, 7) == 1):
                return "null"
            return types[self._attempt % len(types)]
        found = next((_TYPES_BY_WORD[word] for word in flat.words if word in _TYPES_BY_WORD), None)
        if found is not None:
            return found
        return "string" if name or flat.patterns else "object"

    def _chosen(self, flat: Flat, name: str, author: Author, trail: Trail, depth: int) -> Json:
        choice = flat.choices[0]
        why = Unsatisfiable("none of its alternatives can be made")
        for schema in self._ordered(choice, trail, depth):
            try:
                made = self._of(self._flats.chosen(flat, schema), name, author, trail, depth)
            except Unsatisfiable as error:
                why = error
                continue
            made = self._marked(made, schema, choice)
            if not choice.just_one:
                return made
            for one in self._told_apart(made, schema, choice):
                if sum(self._checker.fits(other, one) for other in choice.schemas) == 1:
                    return one
            why = Unsatisfiable("whatever fits one of its alternatives fits another too")
        raise why

    def _ordered(self, choice: Choice, trail: Trail, depth: int) -> Sequence[Json]:
        """The alternatives, what is probably meant first: something rather than nothing, and no circle."""
        several = list(choice.schemas)
        turn = self._randomness.integer(0, len(several) - 1) if self._varied and several else self._attempt
        turned = [several[(position + turn) % len(several)] for position in range(len(several))]

        def worth(schema: Json) -> tuple[bool, bool, bool]:
            try:
                flat = self._flats.of(schema)
            except Unsatisfiable:
                return True, True, True
            nothing = flat.words.get("type") == "null" or flat.words.get("enum") in ([None], [""])
            nested = bool(flat.names) or "properties" in flat.words
            return bool(set(flat.names) & set(trail)), nothing, nested and (depth >= 2 or self._budget < 0)

        return sorted(turned, key=worth)

    def _marked(self, made: Json, schema: Json, choice: Choice) -> Json:
        """With the discriminator's value (OpenAPI 3.1, "Discriminator Object")."""
        member = choice.discriminator.get("propertyName")
        if member is None or not isinstance(made, dict) or not isinstance(schema, Mapping):
            return made
        component = str(schema.get("$ref", "")).removeprefix(REF)
        mapping: Mapping[str, str] = choice.discriminator.get("mapping", {})
        marks = [mark for mark, target in mapping.items() if str(target).rpartition("/")[2] == component]
        marked = {**made, member: (marks or [component])[0]}
        return marked if component and self._checker.fits(schema, marked) else made

    def _told_apart(self, made: Json, schema: Json, choice: Choice) -> Iterator[Json]:
        """The value, and such as cannot be another alternative's too: many documents have several that are all open,
        and mean one by its mark alone. A member of the other's that is null here keeps it out.
        """
        yield made
        if not isinstance(made, dict):
            return
        fitting = [one for one in choice.schemas if one is not schema and self._checker.fits(one, made)]
        others, mine = [self._flats.of(one).words for one in fitting], self._flats.of(schema).words.get("required", ())
        # What another asks for, and this one does not, may be left out.
        theirs = {name for other in others for name in other.get("required", ()) if name not in mine}
        yield {name: value for name, value in made.items() if name not in theirs}
        kept_out = [next((name for name in other.get("properties", {}) if name not in made), "") for other in others]
        yield {**made, **dict.fromkeys(filter(None, kept_out))}

    def _object(self, flat: Flat, name: str, author: Author, trail: Trail, depth: int) -> Json:
        words, inside = flat.words, (*trail, *flat.names)
        if trail.count(flat.names[0] if flat.names else "") > 2:
            raise Unsatisfiable(f"{flat.names[0]} holds itself, without an end")
        if depth or flat.names:
            of = flat.names[0] if flat.names else name
            author = Author(author.faker, self._randomness, author.now, of) if depth or not author.of else author
        properties: Mapping[str, Json] = words.get("properties", {})
        required = list(words.get("required", ()))
        most = int(words.get("maxProperties", len(properties) + len(required) + _MANY_ITEMS))
        made: dict[str, Json] = {}
        order = [*properties, *(one for one in required if one not in properties)]
        for member in sorted(order, key=lambda one: one not in required) if len(order) > most else order:
            schema = properties.get(member, True)
            needed = member in required
            if len(made) >= most or (not needed and self._spared(schema, inside, depth)):
                continue
            if self._checker.leaves_out(schema):
                continue
            if member not in properties:
                schema = self._other(flat, member)
            try:
                made[member] = self._member(schema, member, author, inside, depth)
            except Unsatisfiable as error:
                if needed:
                    raise Unsatisfiable(f"{member}: {error}") from None
        self._complete(made, flat, author, inside, depth)
        return {member: made[member] for member in order if member in made} | made

    def _member(self, schema: Json, member: str, author: Author, trail: Trail, depth: int) -> Json:
        # In a list, what is given says of all items what they have in common: that is not which one each is.
        known = member in self._given and not (self._listed and member.lower() == "id")
        if known and depth <= _GIVEN_DEPTH and self._checker.fits(schema, self._given[member]):
            return self._given[member]
        return self.make(schema, member, author, trail, depth + 1)

    def _spared(self, schema: Json, trail: Trail, depth: int) -> bool:
        """Whether a member that may be left out is."""
        if depth > _DEEP or self._budget < 0 or schema is False:
            return True
        try:
            return bool(set(self._flats.of(schema).names) & set(trail))
        except Unsatisfiable:
            return True

    def _other(self, flat: Flat, member: str) -> Json:
        """The schema of a member that is not named."""
        for pattern, schema in flat.words.get("patternProperties", {}).items():
            if matcher(pattern).is_valid(member):
                return schema
        return flat.words.get("additionalProperties", True)

    def _complete(self, made: dict[str, Json], flat: Flat, author: Author, trail: Trail, depth: int) -> None:
        """Add what else an object must have."""
        words = flat.words
        for member, others in words.get("dependentRequired", {}).items():
            for other in others if member in made else ():
                if other not in made:
                    schema = words.get("properties", {}).get(other, self._other(flat, other))
                    made[other] = self._member(schema, other, author, trail, depth)
        least = int(words.get("minProperties", 0))
        is_map = isinstance(words.get("additionalProperties"), Mapping) or "patternProperties" in words
        wanted = max(least, 2 if is_map and not words.get("properties") and depth <= _DEEP and self._budget > 0 else 0)
        if wanted > _MANY_ITEMS:
            raise Unsatisfiable(f"it must have {wanted} members")
        for member in self._entries(flat, author, wanted):
            if len(made) >= min(wanted, int(words.get("maxProperties", wanted))):
                return
            if member not in made:
                schema = self._other(flat, member)
                if schema is False:
                    continue
                try:
                    made[member] = self._member(schema, member, author, trail, depth)
                except Unsatisfiable:
                    break
        if len(made) < least:
            raise Unsatisfiable(f"it must have {least} members, and there are but {len(made)} that it may have")

    def _entries(self, flat: Flat, author: Author, wanted: int) -> Iterator[str]:
        """Names of members that are not named."""
        names = flat.words.get("propertyNames")
        patterns = flat.words.get("patternProperties", {})
        for number in range(wanted * 3):
            if names is not None:
                yield str(self.make(names, "", author, (), 0))
            elif patterns and flat.words.get("additionalProperties") in (None, False):
                pattern = list(patterns)[number % len(patterns)]
                yield leaves.text(Flat(patterns=[pattern]), "", author)
            else:
                yield _ENTRIES[number] if number < len(_ENTRIES) else f"entry{number}"

    def _array(self, flat: Flat, name: str, author: Author, trail: Trail, depth: int) -> Json:
        words, inside = flat.words, (*trail, *flat.names)
        first: Sequence[Json] = words.get("prefixItems", ())
        each = words.get("items", True)
        low, high = int(words.get("minItems", 0)), int(words.get("maxItems", _MANY_ITEMS))
        needed = [words["contains"]] * int(words.get("minContains", 1)) if "contains" in words else []
        usual = (2 if depth < 3 else 1) if "items" in words or not first else len(first)
        if self._budget < 0 or depth > _DEEP or (low == 0 and self._spared(each, inside, depth)):
            usual = 0
        count = max(low, len(needed), min(max(usual, len(first)), high))
        if count > _MANY_ITEMS or count > high:
            raise Unsatisfiable(f"no list has {count} to {high} items")
        made: list[Json] = []
        self._listed += 1
        for position in range(count):
            schema = first[position] if position < len(first) else each
            if schema is False:
                break
            if position < len(needed):
                schema = self._checker.both(schema, needed[position])
            if not self._add(made, schema, name, author, inside, depth, unique=bool(words.get("uniqueItems"))):
                break
        self._listed -= 1
        if len(made) < max(low, len(needed)):
            raise Unsatisfiable(
                f"it must have {max(low, len(needed))} items, and no more than {len(made)} could be made"
            )
        return made

    def _add(
        self, made: list[Json], schema: Json, name: str, author: Author, trail: Trail, depth: int, *, unique: bool
    ) -> bool:
        """Add one item; False where none could be."""
        singular = name[:-1] if name.endswith("s") and not name.endswith("ss") else name
        of = Author(author.faker, self._randomness, author.now, " ".join(author.of) if not depth else name)
        for _ in range(12 if unique else 1):
            try:
                one = self.make(schema, singular, of, trail, depth + 1)
            except Unsatisfiable:
                return False
            if not unique or not any(_same(one, other) for other in made):
                made.append(one)
                return True
            self._attempt += 1
        return False


def _pick(randomness: Randomness, several: Sequence[Any]) -> Any:
    return several[randomness.integer(0, len(several) - 1)]


def _same(one: Json, other: Json) -> bool:
    """Equal as JSON Schema has it: true is not 1 (core, section 4.2.2)."""
    return type_of(one) == type_of(other) and bool(one == other)


def _named(types: Json) -> list[str]:
    return [types] if isinstance(types, str) else list(types or ())


def _examples(words: Mapping[str, Json]) -> list[Json]:
    return [*_listed(words.get("examples")), *([words["example"]] if "example" in words else [])]


def _listed(examples: Json) -> list[Json]:
    """Examples are a list in JSON Schema; some documents have a single one, or named ones, there."""
    if isinstance(examples, Mapping):
        return [one["value"] if isinstance(one, Mapping) and "value" in one else one for one in examples.values()]
    return list(examples) if isinstance(examples, (list, tuple)) else []
