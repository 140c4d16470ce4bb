"""Writes `requirements.lock` (what a server needs), `requirements-dev.lock` (what tests and checks need, too) and
`docs/install.lock` (what installs devkit, and stays in no environment) anew, with the hashes of all files that the
index has of each version: for every system, and Python 3.11 and newer.

    python docs/lock.py                       what pyproject.toml asks for now; other versions stay
    python docs/lock.py --upgrade             everything
    python docs/lock.py --upgrade-package aiohttp

Needs uv (`pip install uv`), whose options it takes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUN, DEV, TOOLS = "requirements.lock", "requirements-dev.lock", "docs/install.lock"
_COMPILE = (
    "uv", "pip", "compile", "--quiet", "--no-config", "--universal", "--python-version", "3.11", "--generate-hashes",
    "--no-annotate", "--custom-compile-command", "python docs/lock.py",
)  # fmt: skip


def main(options: list[str]) -> None:
    if shutil.which("uv") is None:
        sys.exit("error: this needs uv: pip install uv")
    with (ROOT / "pyproject.toml").open("rb") as file:
        builds = tomllib.load(file)["build-system"]["requires"]
    _write(DEV, builds, ["pyproject.toml", "--extra", "test", "--extra", "lint", *options])
    # Of what several name, the same versions.
    _write(RUN, [], ["pyproject.toml", "--constraints", DEV])
    _write(TOOLS, [*builds, "pip"], ["--constraints", DEV])


def _write(lock: str, wanted: Iterable[str], options: list[str]) -> None:
    """`wanted` beside what the options name."""
    command = [*_COMPILE, "-", "--output-file", lock, *options]
    subprocess.run(command, cwd=ROOT, input="\n".join(wanted), text=True, check=True, stdout=subprocess.DEVNULL)
    print(f"{lock} is written")


if __name__ == "__main__":
    main(sys.argv[1:])
