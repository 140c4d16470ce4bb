"""Others' packages, installed where a measurement wants them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def npm_installed(folder: Path, *packages: str) -> None:
    """`node_modules` in the folder: those packages (`name@version`), or what its `package.json` names."""
    folder.mkdir(parents=True, exist_ok=True)
    if packages:
        (folder / "package.json").write_text('{"private": true, "type": "module"}\n')
    command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "--save-exact", *packages]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def pip_installed(folder: Path, *words: str | Path) -> Path:
    """The interpreter of an environment made there; `words` are pip's: `name==version`, or `-r` and a file."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    given: Sequence[str | Path] = ["--quiet", "--disable-pip-version-check", *words]
    subprocess.run([python, "-m", "pip", "install", *given], check=True)
    return python
