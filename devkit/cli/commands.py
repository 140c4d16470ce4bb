"""Typer's commands and groups as devkit has them: how their help looks, and what is said of words that are wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.models import Default

from devkit.errors import UsageError, did_you_mean

WIDEST = 100
"""Columns of help, where the terminal has as many."""
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": WIDEST}

_Function = TypeVar("_Function", bound=Callable[..., Any])
_SIGNED = re.compile(r"-[\d.]")


class _Ours:
    """What commands and groups have in common."""

    params: list[Any]
    help: str | None

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        lenient, ctx.allow_extra_args = ctx.allow_extra_args or ctx.resilient_parsing, True
        if not ctx.resilient_parsing:
            _look_for_values(ctx, args)
        try:
            rest: list[str] = super().parse_args(ctx, args)  # type: ignore[misc]
        except typer.TyperException as error:
            raise explained(error, ctx) from None
        if rest and not lenient:
            raise UsageError(f"`{ctx.command_path}` has no use for {_quoted(rest)}.", remedy=_usage(ctx))
        return rest

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        needed = [f"{one.opts[0]} {one.metavar}" for one in self.params if one.required and not _is_argument(one)]
        return [*needed, "[OPTIONS]", *(_as_used(one) for one in self.params if _is_argument(one))]

    def get_short_help_str(self, limit: int = 0) -> str:
        first = str(self.help or "").partition("\n\n")[0]
        return " ".join(first.split()).partition(". ")[0].rstrip(".") + "."

    def format_options(self, ctx: Any, formatter: Any) -> None:
        parameters = self.get_params(ctx)  # type: ignore[attr-defined]
        arguments = [(_named(one), one.help or "") for one in parameters if _is_argument(one)]
        options = [(_flags(one), _with_remarks(one, ctx)) for one in parameters if not _is_argument(one)]
        for title, rows in (("Arguments", arguments), ("Options", options), ("Commands", self._summaries(ctx))):
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def _summaries(self, ctx: Any) -> list[tuple[str, str]]:
        return []


class Command(_Ours, TyperCommand):
    """One command."""


class Signed(Command):
    """One whose arguments may have a sign: `-2h` is no option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        signed = [] if "--" in args else [word for word in args if _SIGNED.match(word)]
        if signed:
            args = [*(word for word in args if word not in signed), "--", *signed]
        return super().parse_args(ctx, args)


class Group(_Ours, TyperGroup):
    """A command that has commands."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [*super().collect_usage_pieces(ctx), self.subcommand_metavar]

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.TyperException:
            # What else there could be was explained already.
            raise UsageError(f"`{ctx.command_path}` needs a command.", remedy=self._offered(ctx)) from None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        names = self.list_commands(ctx)
        if args[0] not in names and not ctx.resilient_parsing:
            guess = did_you_mean(args[0], names)
            raise UsageError(f"`{ctx.command_path}` has no command {args[0]!r}.{guess}", remedy=self._offered(ctx))
        return super().resolve_command(ctx, args)

    def _offered(self, ctx: Any) -> str:
        return f"Commands: {', '.join(self.list_commands(ctx))}. `{ctx.command_path} --help` tells more."

    def _summaries(self, ctx: Any) -> list[tuple[str, str]]:
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        return [(name, command.get_short_help_str()) for name, command in found if command is not None]


class App(typer.Typer):
    """Typer with these commands and groups."""

    def __init__(
        self,
        *,
        cls: type[TyperGroup] = Group,
        name: str | None = None,
        help: str | None = Default(None),  # noqa: A002 - as typer calls it
        epilog: str | None = None,
        add_completion: bool = False,
    ) -> None:
        super().__init__(
            cls=cls,
            name=name,
            help=help,
            epilog=epilog,
            add_completion=add_completion,
            # Without markup typer leaves rich alone, which would take longer to import than everything else together.
            rich_markup_mode=None,
            pretty_exceptions_enable=False,
            context_settings=SETTINGS,
        )

    def command(
        self, name: str | None = None, *, cls: type[TyperCommand] | None = None, **settings: Any
    ) -> Callable[[_Function], _Function]:
        return super().command(name, cls=cls or Command, **settings)


def explained(error: typer.TyperException, ctx: Any) -> UsageError:
    """What typer found wrong with a command's words, as devkit says it."""
    path, parameter = ctx.command_path, getattr(error, "param", None)
    option = getattr(error, "option_name", None)
    if hasattr(error, "possibilities"):
        known = [name for one in ctx.command.get_params(ctx) for name in (*one.opts, *one.secondary_opts)]
        remedy = f"`{path} --help` lists them."
        if isinstance(ctx.command, Group):
            remedy = f"Options of a command stand behind its name. {remedy}"
        guess = did_you_mean(str(option), known) if str(option).startswith("--") else ""
        return UsageError(f"`{path}` has no option {option!r}.{guess}", remedy=remedy)
    if option is not None:
        found = next(one for one in ctx.command.get_params(ctx) if option in (*one.opts, *one.secondary_opts))
        if found.is_flag:
            return UsageError(f"The option {option} takes no value.", remedy=f"Write {option} alone.")
        return _without_value(option, found)
    if parameter is None:
        return UsageError(error.format_message(), remedy=_usage(ctx))
    if hasattr(error, "param_type"):
        return UsageError(f"`{path}` needs {_named(parameter)}: {_lower(parameter.help)}", remedy=_usage(ctx))
    name = f"argument {parameter.metavar}" if _is_argument(parameter) else f"option {parameter.opts[0]}"
    return UsageError(f"The {name} cannot be {_given(error)!r}.", remedy=f"Give it {_wanted(parameter)}.")


def _look_for_values(ctx: Any, args: Sequence[str]) -> None:
    """Raises UsageError where an option's value was forgotten, and what follows is the next option."""
    options = {name: one for one in ctx.command.get_params(ctx) for name in (*one.opts, *one.secondary_opts)}
    own = list(args[: args.index("--")] if "--" in args else args)
    for option, following in pairwise(own):
        found = options.get(option)
        if found and not _is_argument(found) and not found.is_flag and following in options:
            raise _without_value(option, found)


def _without_value(option: str, parameter: Any) -> UsageError:
    return UsageError(f"The option {option} needs a value.", remedy=f"Write {option} {parameter.metavar}.")


def _given(error: Exception) -> Any:
    """The value that was refused, as pydantic tells it."""
    errors: Callable[[], list[dict[str, Any]]] | None = getattr(error.__cause__, "errors", None)
    return errors()[0]["input"] if errors else ""


def _wanted(parameter: Any) -> str:
    if parameter.type_descriptor.annotation is not int:
        return "another value"
    limits = [f" from {parameter.min}"] if parameter.min is not None else []
    limits += [f" to {parameter.max}"] if parameter.max is not None else [" up"] * bool(limits)
    return f"a whole number{''.join(limits)}"


def _usage(ctx: Any) -> str:
    pieces = " ".join([ctx.command_path, *ctx.command.collect_usage_pieces(ctx)])
    return f"Usage: {pieces}. `{ctx.command_path} --help` tells more."


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _named(parameter: Any) -> str:
    return str(parameter.metavar) if _is_argument(parameter) else f"{parameter.opts[0]} {parameter.metavar}"


def _as_used(argument: Any) -> str:
    name = argument.metavar if argument.required else f"[{argument.metavar}]"
    return name if argument.nargs == 1 else f"{name}..."


def _flags(option: Any) -> str:
    """`-p, --port PORT`, or `--[no-]https`: long names stand below each other."""
    names = sorted(option.opts, key=len)
    if option.secondary_opts:
        names = [names[-1].replace("--", "--[no-]", 1)]
    short = "" if len(names) > 1 else "    "
    return short + ", ".join(names) + ("" if option.is_flag else f" {option.metavar}")


def _with_remarks(option: Any, ctx: Any) -> str:
    remarks = list(_remarks(option, ctx))
    return f"{option.help}  [{'; '.join(remarks)}]" if remarks else str(option.help)


def _remarks(option: Any, ctx: Any) -> Iterator[str]:
    if option.required:
        yield "required"
    if option.envvar and option.show_envvar:
        yield f"variable: {option.envvar}"
    default = option.get_default(ctx, call=False)
    if option.show_default and default is not None and not option.is_flag:
        yield f"default: {default}"
    if option.min is not None and option.max is not None:
        yield f"{option.min} to {option.max}"


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(map(repr, words))


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
