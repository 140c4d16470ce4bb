"""What `devkit init --agents` writes: sections of `AGENTS.md` and `llms.txt`, which it renews, whatever is around."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from devkit.errors import OperatorError, UsageError

if TYPE_CHECKING:
    from devkit.mcp.guides import Facts

BEGIN = "<!-- devkit: written by `devkit init --agents`, which renews what stands from here to the last line -->"
END = "<!-- devkit: to here -->"
_BEGINS = "<!-- devkit: written by"


Placed = Callable[[str, str], tuple[str, str]]
"""A section, put into a text: the text then, and what became of it."""


def write_agents(directory: Path) -> Iterator[tuple[str, str]]:
    """Write the files; path and outcome of each, told as it is done. Raises OperatorError."""
    from devkit.mcp import guides

    facts = facts_of(directory)
    yield "AGENTS.md", _renewed(directory / "AGENTS.md", "", f"{BEGIN}\n{guides.agents(facts)}\n{END}\n", _by_marks)
    # Whoever reads that file expects a title and links, and no marks between them.
    title = f"# {directory.resolve().name or 'Project'}\n\n"
    yield "llms.txt", _renewed(directory / "llms.txt", title, guides.llms(facts) + "\n", _by_heading)


def facts_of(directory: Path) -> Facts:
    """What the backend of this folder is, told by its settings and files. Raises OperatorError."""
    from devkit.cli.common import backend_told
    from devkit.cli.told import loaded
    from devkit.contract.keeping import kept_by
    from devkit.mcp.guides import Facts, told
    from devkit.server.hosting.opening import template_of

    settings = loaded().settings
    backend = backend_told(list(settings.contract) or None)
    served = backend.served(settings)
    routes = [
        (route.operation.id, kept_by(route.operation.keeper), route.method, route.path) for route in served[0].routes()
    ]
    accounts = template_of(settings, backend.contract).of_files.accounts
    own = sorted(path.stem for path in settings.scenario_dir.glob("*.y*ml")) if settings.scenario_dir.is_dir() else []
    scheme = "https" if settings.https else "http"
    return Facts(
        url=f"{scheme}://localhost:{settings.port}",
        contracts=tuple(one for one in settings.contract if one not in backend.dialects),
        dialects=tuple(dialect.name for dialect in served),
        users=tuple((account.email, account.password) for account in accounts),
        own=tuple(own),
        command=_command(directory),
        **told(routes),
    )


def _command(directory: Path) -> tuple[str, ...]:
    """How devkit is started in this folder: from its own environment, else from the path."""
    program = Path(sys.argv[0])
    for folder in (".venv", "venv"):
        mine = directory / folder / ("Scripts" if sys.platform == "win32" else "bin") / program.name
        if mine.exists() and program.name.startswith("devkit"):
            return (mine.relative_to(directory).as_posix(),)
    return ("devkit",)


def _renewed(path: Path, head: str, section: str, placed: Placed) -> str:
    """Put a section into a file, and say what became of it: `head` stands before it in one that was not there."""
    try:
        before = path.read_bytes().decode("utf-8") if path.exists() else None
    except UnicodeDecodeError:
        raise UsageError(
            f"{path.name} is no UTF-8 text.", remedy="Save it as UTF-8, then it can be added to."
        ) from None
    except OSError as error:
        raise OperatorError(f"{path.name} cannot be read: {error.strerror}.") from None
    if before is None or not before.strip():
        after, outcome = head + section, "wrote"
    else:
        newline = "\r\n" if "\r\n" in before else "\n"
        try:
            after, outcome = placed(before.replace("\r\n", "\n"), section)
        except ValueError as error:
            raise UsageError(f"{path.name} {error}.", remedy="Take what is old of the section away first.") from None
        after = after.replace("\n", newline)
    if after == before:
        return "kept (current)"
    try:
        path.write_bytes(after.encode())
    except OSError as error:
        raise OperatorError(
            f"{path.name} cannot be written: {error.strerror}.", remedy="Give yourself write permission here."
        ) from None
    return outcome


def _by_marks(before: str, section: str) -> tuple[str, str]:
    """Between the marks, else behind all. Raises ValueError for marks that are not a pair."""
    start, end = before.find(_BEGINS), before.find(END)
    if start < 0 and end < 0:
        return f"{before.rstrip()}\n\n{section}", "added to"
    if start < 0 or end < start or before.count(_BEGINS) > 1 or before.count(END) > 1:
        raise ValueError("has one mark of devkit's section without the other, or has them twice")
    return before[:start] + section.removesuffix("\n") + before[end + len(END) :], "renewed"


def _by_heading(before: str, section: str) -> tuple[str, str]:
    """From its heading to the next one, else behind all."""
    heading = section.partition("\n")[0]
    lines = before.split("\n")
    at = [number for number, line in enumerate(lines) if line.rstrip() == heading]
    if not at:
        return f"{before.rstrip()}\n\n{section}", "added to"
    if len(at) > 1:
        raise ValueError(f"has the section {heading!r} twice")
    behind = next((n for n in range(at[0] + 1, len(lines)) if lines[n].startswith(("# ", "## "))), None)
    rest = "" if behind is None else "\n" + "\n".join(lines[behind:])
    return "\n".join([*lines[: at[0]], section]).removesuffix("\n") + "\n" + rest, "renewed"
