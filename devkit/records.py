"""`dataclass` as in the standard library, for a start that need not wait for it.

The standard library writes and compiles six functions for each frozen dataclass, which takes most of a millisecond, and
there are hundreds of classes of which a process makes instances of a few. Here `__init__` is compiled when the first
instance is made; the others are not compiled at all. What comes out is the same, `dataclasses.fields`, `replace`,
`asdict`, `match` and type checkers included.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from reprlib import recursive_repr
from typing import Any, TypeVar, dataclass_transform, overload

T = TypeVar("T")


@overload
def dataclass(cls: type[T], /) -> type[T]: ...
@overload
def dataclass(
    *, frozen: bool = False, slots: bool = False, kw_only: bool = False, eq: bool = True
) -> Callable[[type[T]], type[T]]: ...


@dataclass_transform(field_specifiers=(dataclasses.field,))
def dataclass(
    cls: type[T] | None = None,
    /,
    *,
    frozen: bool = False,
    slots: bool = False,
    kw_only: bool = False,
    eq: bool = True,
) -> type[T] | Callable[[type[T]], type[T]]:
    """The same as `dataclasses.dataclass`. Instances of a class that is frozen can be hashed."""

    def make(plain: type[T]) -> type[T]:
        return _made(plain, frozen=frozen, slots=slots, kw_only=kw_only, eq=eq)

    return make if cls is None else make(cls)


def _made(plain: type[T], *, frozen: bool, slots: bool, kw_only: bool, eq: bool) -> type[T]:
    documented = plain.__doc__
    # Without a text of its own a class would be given its signature, which takes as long as all the rest.
    plain.__doc__ = documented or plain.__name__
    cls: Any = dataclasses.dataclass(plain, init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)
    cls.__doc__ = documented
    own = vars(plain)
    compared = _values(tuple(field.name for field in dataclasses.fields(cls) if field.compare))
    methods: dict[str, Any] = {"__init__": _first_init(cls, frozen), "__repr__": _repr}
    if eq:
        methods |= {"__eq__": _equals(compared), "__hash__": _hash(compared) if frozen else None}
    if frozen:
        methods |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
        if slots:
            methods |= {"__getstate__": _state, "__setstate__": _set_state}
    for name, method in methods.items():
        # A class that compares its instances itself is given a __hash__ of None by the interpreter.
        if name not in own or (name == "__hash__" and own[name] is None):
            setattr(cls, name, method)
    made: type[T] = cls
    return made


def _first_init(cls: Any, frozen: bool) -> Callable[..., None]:
    def first(self: Any, /, *args: Any, **kwargs: Any) -> None:
        cls.__init__ = _init_of(cls, frozen)
        cls.__init__(self, *args, **kwargs)

    first.__name__, first.__qualname__, first.__module__ = "__init__", f"{cls.__qualname__}.__init__", cls.__module__
    return first


def _init_of(cls: Any, frozen: bool) -> Callable[..., None]:
    """Written and compiled; a frozen instance is filled as the standard library does it, past its own `__setattr__`."""
    fields = dataclasses.fields(cls)
    known: dict[str, Any] = {"_set": object.__setattr__, "_missing": dataclasses.MISSING}
    usual: list[str] = ["self"]
    by_name: list[str] = []
    body: list[str] = []
    for field in fields:
        name, value = field.name, field.name
        parameter = name
        if field.default is not dataclasses.MISSING:
            known[f"_of_{name}"] = field.default
            parameter = f"{name}=_of_{name}"
        elif field.default_factory is not dataclasses.MISSING:
            known[f"_of_{name}"] = field.default_factory
            parameter = f"{name}=_missing"
            value = f"_of_{name}() if {name} is _missing else {name}" if field.init else f"_of_{name}()"
        if field.init:
            (by_name if field.kw_only else usual).append(parameter)
        elif field.default is not dataclasses.MISSING:
            value = f"_of_{name}"
        elif value == name:
            continue
        body.append(f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    parameters = ", ".join([*usual, *(["*", *by_name] if by_name else [])])
    exec(f"def __init__({parameters}) -> None:\n " + "\n ".join(body or ["pass"]), known)
    init: Callable[..., None] = known["__init__"]
    init.__qualname__, init.__module__ = f"{cls.__qualname__}.__init__", cls.__module__
    return init


def _values(names: tuple[str, ...]) -> Callable[[Any], Any]:
    """Gives the values of those fields, as one thing to compare and to hash."""
    if names:
        return attrgetter(*names)
    return lambda _: ()


def _equals(values: Callable[[Any], Any]) -> Callable[[Any, object], bool]:
    def __eq__(self: Any, other: object) -> bool:  # noqa: N807 - it becomes the method of that name
        if other.__class__ is not self.__class__:
            return NotImplemented
        return bool(values(self) == values(other))

    return __eq__


def _hash(values: Callable[[Any], Any]) -> Callable[[Any], int]:
    def __hash__(self: Any) -> int:  # noqa: N807
        return hash(values(self))

    return __hash__


@recursive_repr()
def _repr(self: Any) -> str:
    shown = ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({shown})"


def _refuse_to_set(self: Any, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
