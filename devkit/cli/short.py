"""Commands that are `devkit serve` under a shorter name, with what is served as their argument."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from devkit.cli.serve import serve


def like_serve(
    told: str, argument: typer.models.ArgumentInfo, name: str, *, many: bool = False, **others: tuple[Any, str]
) -> Callable[[Callable[[], None]], Callable[..., None]]:
    """A command that takes an argument, which is what `devkit serve` is told by the parameter `name` (one of `many`
    that may be given), and every other option of that. The function that is decorated gives its name and its help, and
    `told` is how the argument is called. `others` are parameters of `devkit serve` that have another option here, with
    a default.
    """

    def decorate(function: Callable[[], None]) -> Callable[..., None]:
        def command(**given: Any) -> None:
            value = given.pop(told)
            serve(**given | {name: [value, *(given.get(name) or ())] if many else value})

        known = inspect.signature(serve, eval_str=True).parameters
        given = [one for one in known.values() if (many or one.name != name) and one.name not in others]
        given += [
            known[name].replace(annotation=Annotated[str, option], default=default)
            for name, (option, default) in others.items()
        ]
        first = inspect.Parameter(told, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Annotated[str, argument])
        command.__name__, command.__doc__ = function.__name__, function.__doc__
        command.__signature__ = inspect.Signature([first, *given])  # type: ignore[attr-defined]
        command.__annotations__ = {one.name: one.annotation for one in (first, *given)}
        return command

    return decorate
