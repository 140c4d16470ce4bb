"""The distribution's name: the index has a `devkit` that is a stranger's, and nobody must be led there."""

from __future__ import annotations

import re

from tests.packaging.test_lock import PROJECT, ROOT

NAME = PROJECT["name"]
_INSTALLS = re.compile(
    r"(?:pip3? install|pipx (?:install|run)|uvx|uv tool (?:install|run)|uv add|uv pip install)\b([^`\n]*)"
)
_READ = (".py", ".md", ".yaml", ".yml", ".toml", ".js", ".html", "run")


def test_nothing_tells_anybody_to_install_a_strangers_package() -> None:
    folders = [
        ROOT / name
        for name in ("devkit", "docs", "scenarios", "seed", ".ci", ".github", "README.md", "CONTRIBUTING.md")
    ]
    files = [path for top in folders for path in ([top] if top.is_file() else top.rglob("*")) if path.is_file()]
    told = []
    for path in files:
        if path.name.endswith(_READ) and "node_modules" not in path.parts:
            for line in _INSTALLS.findall(path.read_text(encoding="utf-8")):
                told += [f"{path}: {word}" for word in _packages(line) if word == "devkit"]
    assert told == []


def _packages(line: str) -> list[str]:
    """What a command line names to be installed: not its options, and not the command that is run from it."""
    words = [word.strip("'\"").partition("[")[0].partition("=")[0] for word in line.split()]
    if "--from" in words:
        return [words[words.index("--from") + 1]]
    return [word for word in words if not word.startswith("-")]


def test_the_name_is_ours_and_the_command_stays() -> None:
    assert NAME != "devkit"
    assert PROJECT["scripts"] == {"devkit": "devkit.cli:run"}


def test_a_command_that_installs_is_understood() -> None:
    assert _packages(" 'devkit[fast]'") == ["devkit"]
    assert _packages(f" --from {NAME} devkit serve") == [NAME]
