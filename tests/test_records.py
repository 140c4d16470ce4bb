"""devkit.records.dataclass beside the standard library's, of which it must not be told apart."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from dataclasses import field
from functools import cached_property
from typing import Any, ClassVar, Generic, Literal, TypeVar

import pytest
from pydantic import TypeAdapter, ValidationError

from devkit import records

T = TypeVar("T")


@records.dataclass(frozen=True, slots=True)
class Point:
    """A place."""

    x: int
    y: int = 0
    names: list[str] = field(default_factory=list, compare=False)


def made_by(dataclass: Any) -> dict[str, Any]:
    @dataclass(frozen=True, slots=True)
    class Plain:
        """Told."""

        kinds: ClassVar[int] = 3
        first: int
        second: str = "two"
        third: tuple[int, ...] = ()
        quiet: int = field(default=4, repr=False)
        apart: list[int] = field(default_factory=list, compare=False)

    @dataclass(frozen=True, slots=True, kw_only=True)
    class ByName:
        late: str = "x"
        early: int

    @dataclass(slots=True)
    class Changing:
        value: int
        seen: list[int] = field(default_factory=list)
        later: int = field(default=7, init=False)
        made: list[int] = field(default_factory=list, init=False)

    @dataclass(frozen=True)
    class WithDict:
        number: int

        @cached_property
        def double(self) -> int:
            return self.number * 2

    @dataclass(frozen=True, slots=True)
    class Base:
        a: int

        def __post_init__(self) -> None:
            if self.a < 0:
                raise ValueError("negative")

    @dataclass(frozen=True, slots=True)
    class Derived(Base):
        b: int = 2

    class Bare(Base):
        pass

    @dataclass(frozen=True, slots=True)
    class Many(Generic[T]):
        items: tuple[T, ...]

    @dataclass
    class Empty:
        pass

    @dataclass(frozen=True, slots=True)
    class OwnMethods:  # noqa: PLW1641 - that it has none is seen
        a: int

        def __repr__(self) -> str:
            return "mine"

        def __eq__(self, other: object) -> bool:
            return True

    @dataclass(frozen=True, slots=True, eq=False)
    class Itself:
        a: int

    @dataclass(frozen=True, slots=True)
    class Mixed:
        a: int
        c: int = field(default=3, kw_only=True)
        b: int = 2

    return {name: thing for name, thing in locals().items() if isinstance(thing, type)}


OURS, THEIRS = made_by(records.dataclass), made_by(dataclasses.dataclass)

FIELD = ("name", "type", "default", "default_factory", "init", "repr", "compare", "kw_only")

CALLS = {
    "positional": ("Plain", (1, "zwei"), {}),
    "defaults": ("Plain", (1,), {}),
    "by name": ("Plain", (), {"first": 1, "apart": [1]}),
    "missing": ("Plain", (), {}),
    "unknown": ("Plain", (1,), {"nope": 1}),
    "too many": ("Plain", (1, "2", (), 4, [], 6), {}),
    "keywords": ("ByName", (), {"early": 1}),
    "keywords only": ("ByName", (1,), {}),
    "keyword missing": ("ByName", (), {"late": "y"}),
    "not frozen": ("Changing", (1,), {}),
    "no such parameter": ("Changing", (1,), {"later": 1}),
    "derived": ("Derived", (1,), {"b": 5}),
    "refused": ("Derived", (-1,), {}),
    "bare": ("Bare", (1,), {}),
    "generic": ("Many", ((1, 2),), {}),
    "empty": ("Empty", (), {}),
    "own": ("OwnMethods", (1,), {}),
    "itself": ("Itself", (1,), {}),
    "mixed": ("Mixed", (1, 5), {"c": 9}),
    "with dict": ("WithDict", (4,), {}),
}


def tried(work: Any) -> Any:
    """What comes of it: the value, or the error."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the same on both sides
        return type(error), str(error)


def looks(kinds: dict[str, Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """All that can be seen of an instance."""
    kind = kinds[name]
    made = tried(lambda: kind(*args, **kwargs))
    if isinstance(made, tuple):
        return {"error": made}
    twin = kind(*args, **kwargs)
    names = [one.name for one in dataclasses.fields(kind)]
    return {
        "repr": repr(made),
        "dict": dataclasses.asdict(made),
        "equal": (made == twin, made != twin, made == 1, made == object()),
        "hash": tried(lambda: hash(made) == hash(twin)),
        "set": [tried(lambda field=field: setattr(made, field, 9)) for field in names],
        "delete": [tried(lambda field=field: delattr(twin, field)) for field in names],
        "set another": type(tried(lambda: setattr(made, "another", 1))),
        "replaced": tried(lambda: repr(dataclasses.replace(kind(*args, **kwargs), **{names[0]: 8}))) if names else None,
        "copied": repr(copy.copy(made)),
        "deep": repr(copy.deepcopy(made)),
        "match": kind.__match_args__,
        "slots": getattr(kind, "__slots__", None),
        "signature": [(one.name, one.kind) for one in inspect.signature(kind).parameters.values()],
        "fields": [tuple(getattr(one, what) for what in FIELD) for one in dataclasses.fields(kind)],
    }


@pytest.mark.parametrize("call", CALLS)
def test_instances_are_the_same_as_the_librarys(call: str) -> None:
    assert looks(OURS, *CALLS[call]) == looks(THEIRS, *CALLS[call])


def test_init_is_made_with_the_first_instance() -> None:
    @records.dataclass(frozen=True, slots=True)
    class Fresh:
        a: int

    first = Fresh.__init__
    assert Fresh(1).a == 1
    assert Fresh.__init__ is not first
    assert Fresh(2).a == 2


def test_a_subclass_without_fields_of_its_own_leaves_its_base_as_it_is() -> None:
    kinds = made_by(records.dataclass)
    assert kinds["Bare"](3).a == 3
    assert "__init__" not in vars(kinds["Bare"])
    assert kinds["Base"](4).a == 4


def test_they_can_be_pickled() -> None:
    made = Point(1, 2, ["a"])
    again = pickle.loads(pickle.dumps(made))  # noqa: S301
    assert (again, again.names) == (made, ["a"])


def test_one_that_holds_itself_can_be_shown() -> None:
    names: list[Any] = []
    made = Point(1, 2, names)
    names.append(made)
    assert repr(made) == "Point(x=1, y=2, names=[...])"


def test_they_can_be_matched() -> None:
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)


def test_pydantic_reads_them() -> None:
    @records.dataclass(frozen=True, slots=True)
    class Message:
        topics: tuple[str, ...]
        type: Literal["ping"] = "ping"

    adapter = TypeAdapter(Message, config=None)
    assert adapter.validate_python({"topics": ["a"]}) == Message(("a",))
    with pytest.raises(ValidationError):
        adapter.validate_python({"topics": 1})


def test_a_class_keeps_what_it_says_of_itself() -> None:
    assert Point.__doc__ == "A place."
    assert OURS["Empty"].__doc__ is None
