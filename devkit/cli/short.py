"""Commands that are `devkit serve` under a shorter name, with what is served first."""

from __future__ import annotations

from typing import Any

from devkit.errors import UsageError, did_you_mean

SETTINGS = {"allow_extra_args": True, "ignore_unknown_options": True}
"""What such a command lets pass: the options are those of `devkit serve`."""


def serve(context: Any, flag: str, given: str, *more: str) -> None:
    """`devkit serve FLAG GIVEN`, with `more` and all else that was written. Raises UsageError."""
    from devkit.cli.app import main

    if given.startswith("-"):
        word = context.command.params[0].metavar
        name = given.partition("=")[0]
        raise UsageError(
            f"`{context.command_path}` has no option {name!r}.{did_you_mean(name, ['--help'])}",
            remedy=f"Write {context.command_path} {word}, and then options of `devkit serve`.",
        )
    main(["serve", flag, given, *more, *context.args])
