"""The state folder (`.devkit`): what a server keeps for the folder that it was started in."""

from __future__ import annotations

import contextlib
from pathlib import Path

_USUAL_NAME = ".devkit"
_IGNORED = "# Keys, data and uploads of a mock backend: nothing for version control.\n*\n"


def made(folder: Path) -> Path:
    """The folder, which is there from now on, and which git passes over. Raises OSError.

    A folder that somebody else made, and named otherwise, may hold more than ours: git goes on looking at that.
    """
    is_ours = folder.name == _USUAL_NAME or not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    if is_ours:
        with contextlib.suppress(FileExistsError), (folder / ".gitignore").open("x", encoding="utf-8") as file:
            file.write(_IGNORED)
    return folder
