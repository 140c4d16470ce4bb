"""`devkit serve` where it is told plainly what to do: read by the table of settings alone.

Typer takes as long to load as the whole server does. Whatever is special in any way (help, a typing error, a flag that
is given twice) is left to it, so that there is one voice that explains things; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devkit import kinds
from devkit.config import SETTINGS, Setting

COMPLETION = "_DEVKIT_COMPLETE"
"""Set by shells that want to know how a command line could go on."""

_SHORT = {"-p": "--port"}
_MANY = (kinds.ORIGINS, kinds.WORDS, kinds.CONTRACTS, kinds.KEEP)
"""Kinds whose flag can be given several times."""


def flags_of(arguments: Sequence[str], environ: Mapping[str, str]) -> dict[str, object] | None:
    """The flags of a plain `serve …` by the settings' names, None for each that was not given; None for all else."""
    if arguments[:1] != ["serve"] or COMPLETION in environ:
        return None
    settings = {setting.flag: setting for setting in SETTINGS if setting.flag and setting.command == "serve"}
    flags: dict[str, object] = {setting.name: None for setting in settings.values()}
    rest = iter(arguments[1:])
    for argument in rest:
        flag, sign, value = argument.partition("=")
        setting = settings.get(_SHORT.get(flag, flag)) if flag.startswith("--") or not sign else None
        if setting is None or setting.kind is kinds.BOOLEAN:
            setting, given = _switched(argument, settings)
        else:
            given = value if sign else next(rest, "-")
            # What looks like a flag is a value that was forgotten.
            given = None if not given or given.startswith("-") else given
        if setting is None or given is None or not _put(flags, setting, given):
            return None
    return flags


def _switched(argument: str, settings: Mapping[str, Setting]) -> tuple[Setting | None, object]:
    """What `--https` and `--no-https` switch, and to what."""
    setting = settings.get(argument.replace("--no-", "--", 1))
    if setting is None or setting.kind is not kinds.BOOLEAN:
        return None, None
    return setting, argument == setting.flag


def _put(flags: dict[str, object], setting: Setting, given: object) -> bool:
    """False where it was given before, and can be only once."""
    before = flags[setting.name]
    if setting.kind in _MANY:
        flags[setting.name] = [*(before if isinstance(before, list) else []), given]
        return True
    flags[setting.name] = given
    return before is None
