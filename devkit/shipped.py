"""Where the YAML that devkit brings along lies, and whether the user's own goes before it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from devkit.config import Settings

Name = Literal["seed", "scenarios"]


def folder(name: Name) -> Path:
    """The shipped folder: inside the package when installed from a wheel, else at the top of the checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "_shipped" / name
    return installed if installed.is_dir() else package.parent / name


def seed_folder(settings: Settings) -> Path:
    """The user's own seed folder where it holds any `*.yaml`, else the shipped one."""
    return settings.seed_dir if has_yaml(settings.seed_dir) else folder("seed")


def has_yaml(path: Path) -> bool:
    """Whether a folder is there and holds a `*.yaml` file."""
    return path.is_dir() and any(path.glob("*.yaml"))
