"""Write the reference below docs/reference/ from the tables of the code, or check that it is current.

    python docs/generate.py
    python docs/generate.py --check

What these pages say stands in the code already; nothing in them is written by hand.
"""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
import yaml
from pydantic import ValidationError
from typer.main import get_command

from devkit.cli.app import app as command_line
from devkit.config import OTHER_VARIABLES, SETTINGS
from devkit.contract.errors import ERRORS
from devkit.contract.needs import NEEDS, WORDS
from devkit.contract.shipped import CONTRACT
from devkit.control.base import ControlOperation, Parameter
from devkit.control.table import OPERATIONS as CONTROL
from devkit.dialects.backend import sockets
from devkit.dialects.base import Dialect, Route
from devkit.dialects.shipped import BACKEND, DIALECTS
from devkit.errors import ExitCode
from devkit.faults.base import Fault, Moment
from devkit.faults.devservers import FATAL, measured
from devkit.faults.registry import FAULTS
from devkit.scenario.loading import load
from devkit.scenario.reach import Reach, reach

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"
WIDTH = 100
"""Columns of the commands' help, whatever the terminal that this runs in."""


def routes() -> str:
    """Every route of every dialect."""
    parts = ["# Routes", "`devkit routes` prints the same for the version you have."]
    for dialect in DIALECTS:
        first, *others = dialect.prefixes
        parts.append(f"## `{dialect.name}`: {dialect.title}")
        if others:
            also = ", ".join(f"`{prefix}/…`" for prefix in others)
            parts.append(f"Everything below `{first}` is also served as {also}.")
        if dialect.socket_path:
            parts.append(f"The WebSocket is at `{dialect.socket_path}`: see [events](events.md).")
        rows = [
            (f"`{route.method}`", f"`{route.path}`", f"`{route.operation.id}`", _access(route), route.operation.summary)
            for route in dialect.routes()
            if route.prefix == first
        ]
        parts.append(_table(("Method", "Path", "Operation", "Who may call", "What it does"), rows))
    return _page(parts)


def _access(route: Route) -> str:
    return route.operation.access.value.replace("_", " ")


def settings() -> str:
    """Every setting, and how to give it."""
    rows = [
        (
            f"`{row.name}`",
            f"`{row.flag}`" + ("" if row.command == "serve" else f" of `devkit {row.command}`") if row.flag else "",
            f"`{row.variable}`",
            f"`{row.kind.show(row.default)}`" if row.kind.show(row.default) else "",
            row.help,
            row.kind.wanted,
        )
        for row in SETTINGS
    ]
    return _page(
        [
            "# Settings",
            "A flag of `devkit serve` goes before the environment, the environment before `devkit.yaml` in the current "
            "folder, and that before the default. `devkit init` writes a `devkit.yaml` with all of them; "
            "`devkit doctor` shows which value is in force and where it came from.",
            "A name with a dot is a group in `devkit.yaml`: `cookies.secure` is written as `secure:` below `cookies:`. "
            "Where the group's name is a setting too, as in `seed.dates`, the name is written with its dot.",
            _table(("Setting", "Flag", "Variable", "Default", "Meaning", "Accepts"), rows),
            "Variables that are no setting of the server's:",
            _table(("Variable", "Meaning"), [(f"`{name}`", text) for name, text in OTHER_VARIABLES.items()]),
        ]
    )


def errors() -> str:
    """Every way an operation can fail."""
    rows = []
    for kind in ERRORS:
        users = [f"`{operation.id}`" for operation in CONTRACT.operations if kind.name in operation.errors]
        rows.append((f"`{kind.code}`", str(kind.status), kind.message, ", ".join(users)))
    return _page(
        [
            "# Errors",
            "Every error is JSON, in `agreed` this: `{error, message, details?, errors?, request_id, timestamp}`. "
            "Its `error` is the code below. A message may be more particular than the one shown here.",
            "The last column names operations that list the error as one of theirs; all others can come from any "
            "operation they make sense for.",
            _table(("Code", "Status", "Message", "Listed by"), rows),
        ]
    )


def events() -> str:
    """Every WebSocket, what is said on it, and every event."""
    parts = [
        "# WebSockets and events",
        "`devkit contract asyncapi` prints all of this as an AsyncAPI 3.0 document, with every field; while the server "
        "runs it is at `/_devkit/asyncapi.json`.",
    ]
    for path, speaker in sockets(DIALECTS).items():
        shared = [f"`{dialect.name}`" for dialect in DIALECTS if dialect.socket_path == path]
        parts += _socket(path, speaker, shared)
    rows = [
        (
            f"`{event.name}`",
            " ".join(f"`{topic}`" for topic in event.topics),
            " ".join(f"`{name}`" for name in event.payload.__dataclass_fields__),
            event.summary,
            ", ".join(f"`{operation.id}`" for operation in CONTRACT.operations if event.name in operation.emits),
        )
        for event in CONTRACT.events
    ]
    parts += [
        "## Events",
        "An event is `{id, type, topic, timestamp, …payload}`. Subscribe with "
        '`{"type": "subscribe", "topics": ["tasks"]}`; add `"since": <id>` for what was missed.',
        _table(("Event", "Topics", "Payload", "Meaning", "Caused by"), rows),
    ]
    return _page(parts)


def _socket(path: str, speaker: Dialect, shared: Sequence[str]) -> Iterator[str]:
    protocol = speaker.socket_protocol
    yield f"## `{path}`: {protocol.title}"
    ways = [f"the cookie `{name}`" for name in speaker.access_cookies]
    ways += [
        f"`?{way.name}=` ({_lower(way.summary)})"
        if way.where == "query"
        else f"the header `{way.name}` ({_lower(way.summary)})"
        for way in protocol.credentials
    ]
    yield f"Of {', '.join(shared)}. {protocol.summary}. Sign in by {', '.join(ways)}."
    if len(shared) > 1:
        yield f"Where several of them are served, things in events are spelled as {shared[0]} spells them."
    rows = [("server", f"`{said.name}`", _fields(said.frame), said.summary) for said in protocol.says]
    rows += [("client", f"`{said.name}`", _fields(said.frame), said.summary) for said in protocol.hears]
    yield _table(("From", "Message", "Fields", "Meaning"), rows)
    if protocol.closes:
        yield _table(("Close code", "Meaning"), [(str(code), reason) for code, reason in protocol.closes.items()])


def _fields(frame: type) -> str:
    return " ".join(f"`{field.name}`" for field in dataclasses.fields(frame))


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]


def control() -> str:
    """Every call of the control API."""
    rows = [
        (
            f"`{operation.method}`",
            f"`{operation.path}`",
            operation.summary,
            "<br>".join(_parameter(operation, parameter) for parameter in operation.parameters),
        )
        for operation in CONTROL
    ]
    return _page(
        [
            "# Control API",
            "What the commands and the pages below `/_devkit/` are made with; as an OpenAPI 3.1 document, answers "
            "included, it is at `/_devkit/api/openapi.json`, and `devkit contract openapi --control` prints it. No "
            "fault ever reaches it. From another machine a call needs the token that the state folder holds; a page of "
            "another origin may not write.",
            "A call means the sandbox that it names, by the header `X-Devkit-Sandbox`, by its host `ID.localhost` or "
            "by `?devkit_sandbox=ID`; else `main`. What changes something takes its parameters as a JSON object. "
            "Durations are written as `30s` or `1m30s`, moments as `2026-01-20T10:00:00Z`.",
            _table(("Method", "Path", "What it does", "Parameters"), rows),
        ]
    )


def _parameter(operation: ControlOperation, parameter: Parameter) -> str:
    marks = [operation.place_of(parameter), parameter.type, *(["required"] if parameter.required else [])]
    return f"`{parameter.name}` ({', '.join(marks)}): {parameter.summary}"


def scenarios() -> str:
    """Every shipped scenario."""
    found = [load(path, BACKEND).scenario for path in sorted(ROOT.glob("scenarios/*.yaml"))]
    rows = [
        (
            f"`{one.name}`",
            one.title,
            ", ".join(dict.fromkeys(f"`{type(rule.fault).kind}`" for rule in one.rules)),
            ", ".join(one.tags),
        )
        for one in found
    ]
    parts = [
        "# Scenarios",
        "Those that devkit brings along. [How they are used and written](../scenarios.md); "
        "`devkit scenario show NAME` tells the same of one.",
        _table(("Name", "What goes wrong", "Faults", "Tags"), rows),
    ]
    for one in found:
        good = "\n".join(f"- {expectation.title}" for expectation in one.expect)
        parts += [f"## {one.name}", " ".join(one.description.split()), f"A good frontend:\n\n{good}"]
    return _page(parts)


def faults() -> str:
    """Every kind of fault, as the class tells it."""
    parts = [
        "# Faults",
        "What a scenario's rule can break. Durations are written as `300ms`, sizes as `64KiB`.",
        "Pages of their own tell [what each acts on in each dialect](matrix.md), and [what each does in front of a "
        "real backend](real-backend.md).",
        "## Needs",
        "A kind that needs something strikes the operations that have it, whatever they are called, and a rule's "
        "`match: {needs: […]}` chooses by the same words.",
        _table(
            ("Word", "An operation that", "Operations"),
            [
                (f"`{word}`", WORDS[need], _few([f"`{name}`" for name, has in CONTRACT.needs.items() if need in has]))
                for word, need in NEEDS.items()
            ],
        ),
    ]
    for kind in FAULTS:
        parts += [f"## `{kind.kind}`", kind.story()]
        if kind.needs:
            parts.append(f"Needs {' or '.join(' and '.join(f'`{one.word}`' for one in need) for need in kind.needs)}.")
        schema = kind.model_json_schema()
        rows = [
            (f"`{name}`", _type(field), "yes" if name in schema.get("required", ()) else "")
            for name, field in schema.get("properties", {}).items()
        ]
        if rows:
            parts.append(_table(("Parameter", "Value", "Required"), rows))
        written = yaml.safe_dump({"type": kind.kind, **kind.example}, sort_keys=False).strip()
        parts.append(f"```yaml\n{written}\n```")
    return _page(parts)


def matrix() -> str:
    """Which kind of fault acts on what in which dialect, and why not where it does not."""
    parts = [
        "# Faults and dialects",
        "What each [kind of fault](faults.md) acts on in each dialect; a test lets a client meet every one of these, "
        "and be well again afterwards. Errors that a fault causes wear the shape of the dialect that was called. "
        "A number stands for the reason why a kind has nothing to act on.",
    ]
    reasons: dict[str, int] = {}
    head = ("Kind", *(f"`{dialect.name}`" for dialect in DIALECTS))
    rows = [
        (
            f"[`{kind.kind}`](faults.md#{_anchor(kind.kind)})",
            *(_reached(kind, dialect, reasons) for dialect in DIALECTS),
        )
        for kind in FAULTS
    ]
    parts.append(_table(head, rows))
    met = sum(not cell.startswith("–") for row in rows for cell in row[1:])
    parts.append(f"{met} of {len(rows) * len(DIALECTS)} pairs have something to act on.")
    if reasons:
        parts += ["Why the others have not:", "\n".join(f"{count}. {reason}" for reason, count in reasons.items())]
    return _page(parts)


def real_backend() -> str:
    """Which kind of fault acts on the traffic of a real backend, and why the others do not."""
    reasons: dict[str, int] = {}
    rows = []
    for kind in FAULTS:
        usual = ", ".join(_MOMENTS[moment] for moment in Moment if moment in kind.moments())
        why = kind.model_validate(kind.example).needs_mock
        real = f"– ({reasons.setdefault(_sentence(why), len(reasons) + 1)})" if why else usual
        others = [
            f"`{name}: {value}` ({reasons.setdefault(_sentence(reason), len(reasons) + 1)})"
            for name, value, reason in ([] if why else _needing(kind))
        ]
        rows.append(
            (
                f"[`{kind.kind}`](faults.md#{_anchor(kind.kind)})",
                usual,
                f"{real}, but for {', '.join(others)}" if others else real,
            )
        )
    acting = sum(not real.startswith("–") for _, _, real in rows)
    return _page(
        [
            "# Faults in front of a real backend",
            "What each [kind of fault](faults.md) acts on where the mock keeps an operation, and where a real backend "
            "does (`devkit proxy URL`); a test lets a client meet each of them both ways. What cannot act there is "
            "refused when it is switched on, with the reason that a number stands for.",
            _table(("Kind", "The mock", "A real backend"), rows),
            f"{acting} of {len(rows)} kinds act on a real backend's traffic.",
            "Why the others do not:",
            "\n".join(f"{number}. {reason}" for reason, number in reasons.items()),
        ]
    )


_MOMENTS = {
    Moment.REQUEST: "calls",
    Moment.PREFLIGHT: "preflights",
    Moment.SOCKET: "WebSockets",
    Moment.FRAME: "messages",
    Moment.MAIL: "mails",
    Moment.SANDBOX: "the sandbox",
}


def _needing(kind: type[Fault]) -> Iterator[tuple[str, Any, str]]:
    """Values of parameters with which a kind needs the mock although its example does not, and why."""
    for name, field in kind.model_json_schema().get("properties", {}).items():
        for value in field.get("enum", ()):
            # Some values go with others only.
            with contextlib.suppress(ValidationError):
                if why := kind.model_validate({**kind.example, name: value}).needs_mock:
                    yield name, value, why


def _anchor(heading: str) -> str:
    return heading.replace(".", "")


def _reached(kind: type[Fault], dialect: Dialect, reasons: dict[str, int]) -> str:
    """What of a dialect a kind acts on, or the number of the reason why there is nothing."""
    found = reach(kind, dialect)
    words = [_words(one, dialect) for one in found if one]
    if words:
        return ", ".join(dict.fromkeys(words))
    numbers = {reasons.setdefault(_sentence(str(one.why_not)), len(reasons) + 1) for one in found}
    return f"– ({', '.join(map(str, sorted(numbers)))})"


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _words(found: Reach, dialect: Dialect) -> str:
    match found.moment:
        case Moment.SANDBOX:
            return "the sandbox"
        case Moment.SOCKET:
            return "WebSockets"
        case Moment.FRAME:
            return "messages"
        case Moment.PREFLIGHT:
            return "preflights"
    spoken = dict.fromkeys(route.operation.id for route in dialect.routes())
    struck = dict.fromkeys(route.operation.id for route in found.routes)
    calls = "all calls" if len(struck) == len(spoken) else _few([f"`{name}`" for name in struck])
    return f"mails of {calls}" if found.moment is Moment.MAIL else calls


def _few(words: Sequence[str]) -> str:
    return ", ".join(words) if len(words) <= 4 else f"{len(words)} calls"


def _type(field: Mapping[str, Any]) -> str:
    """A parameter's JSON Schema in a few words."""
    options = [field] if "type" in field or "enum" in field or "const" in field else field.get("anyOf", [])
    words = []
    for option in options:
        if values := option.get("enum", [option["const"]] if "const" in option else []):
            words.append(", ".join(f"`{value}`" for value in values))
            continue
        low, high = option.get("minimum"), option.get("maximum")
        limits = f" from {low} to {high}" if low is not None and high is not None else ""
        words.append(f"{option.get('description', option.get('type', 'any'))}{limits}")
    return " or ".join(words) or "any"


def commands() -> str:
    """The help of every command."""
    codes = _table(("Code", "Meaning"), [(f"`{code}`", code.meaning) for code in ExitCode])
    parts = [
        "# Command line",
        "What `devkit --help` and the help of each command print; `devkit help COMMAND` is the same.",
        "## Exit codes",
        "What a command ends with; `devkit help exit-codes` prints them.",
        codes,
        "Errors and warnings go to standard error: `error:` with a sentence, and below it what would be right. With "
        "`--json` (for what serves also by the setting `json`) each is a line of JSON there: `event` is `error` or "
        "`warning`, `message` the sentence; an error has `exit_code` and `remedy` too, and one in a file its `file`, "
        "`line` and `column`.",
    ]
    for name, text in _helps():
        parts += [f"## `{name}`", f"```text\n{text}\n```"]
    return _page(parts)


def _helps() -> Iterator[tuple[str, str]]:
    root: Any = get_command(command_line)
    with _context(root, "devkit", None) as outer:
        yield "devkit", _plain(root.get_help(outer))
        for name in root.list_commands(outer):
            yield from _help_of(root.get_command(outer, name), name, outer)


def _help_of(command: Any, name: str, outer: typer.Context) -> Iterator[tuple[str, str]]:
    with _context(command, name, outer) as context:
        yield context.command_path, _plain(command.get_help(context))
        for inner in getattr(command, "commands", {}):
            yield from _help_of(command.commands[inner], inner, context)


def _context(command: Any, name: str, outer: typer.Context | None) -> Any:
    # Resilient parsing: nothing is run, and nothing that a command needs is missed.
    width = {"terminal_width": WIDTH, "max_content_width": WIDTH}
    return command.make_context(name, [], parent=outer, resilient_parsing=True, **width)


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _page(parts: Iterable[str]) -> str:
    return "<!-- Made by docs/generate.py -->\n\n" + "\n\n".join(parts) + "\n"


def dev_servers() -> str:
    """What arrives of each kind of fault behind each dev server."""
    found = measured()
    kinds = {kind.kind: kind for kind in FAULTS}
    told: dict[str, list[tuple[str, ...]]] = {}
    untouched: dict[str, list[str]] = {}
    elsewhere = [f"`{name}`" for name, cases in found.kinds.items() if not cases]
    for name, cases in found.kinds.items():
        if not cases:
            continue
        family = sys.modules[kinds[name].__module__].__doc__ or ""
        rows = []
        for case, moments in cases.items():
            for moment, outcomes in moments.items():
                if set(outcomes.values()) != {"same"}:
                    where = [part for part in (case, moment if len(moments) > 1 else "") if part]
                    shown = [_arrives(outcomes[server]) for server in found.servers]
                    rows.append((f"`{name}`" + (f" ({', '.join(where)})" if where else ""), *shown))
        if rows:
            told.setdefault(family, []).extend(rows)
        else:
            untouched.setdefault(family, []).append(f"`{name}`")
    parts = [
        "# Behind dev servers",
        "A page that is developed with Vite and its like mostly calls its backend through the dev server's proxy. What "
        "is broken between proxy and backend, the proxy tells the page in its own way, or not at all. This is what was "
        f"measured with {', '.join(map(str, found.servers.values()))} on Node {found.node}, their proxies set up as "
        "their documentation has it, with a client that reads bytes.",
        "A page behind a proxy has one origin with its backend: browsers send no preflights and judge no CORS headers. "
        "Faults of `cors.*` and `preflight.*` change nothing for it, although they arrive. Across origins, all faults "
        "arrive as they are.",
        "devkit recognises such a proxy by how it writes its requests, says so when a scenario is switched on "
        "(`devkit scenario use`, the panel, the log), in `devkit doctor` and in a drill's report, and refuses what "
        "ends the dev server: `--force`, or `force` in the control API, switches it on all the same.",
    ]
    head = ("Kind", *map(str, found.servers.values()))
    for family, rows in told.items():
        if rows:
            parts += [f"## {_family(family)}", _table(head, rows)]
        if rows and (same := untouched.get(family)):
            parts.append(f"As they are: {', '.join(same)}.")
    rest = [kind for family, same in untouched.items() if not told.get(family) for kind in same]
    parts += ["## As they are behind all of them", f"{', '.join(rest)}."]
    parts += [
        "## Not on the way",
        f"These break nothing that a proxy sees, or strike only after other calls: {', '.join(elsewhere)}.",
    ]
    return _page(parts)


def _arrives(outcome: str) -> str:
    return " or ".join(_ARRIVES.get(one, f"{one}, the proxy's own") for one in outcome.split("/"))


_ARRIVES = {
    FATAL: "**ends it**",
    "same": "as it is",
    "altered": "otherwise",
    "breaks": "the proxy's own answer, cut",
    "hidden": "not noticed",
    "stalls": "an endless wait",
    "ends": "an end",
}


def _family(docstring: str) -> str:
    return " ".join(docstring.split()).partition(". ")[0].partition(":")[0].rstrip(".")


PAGES: dict[str, Callable[[], str]] = {
    "dev-servers.md": dev_servers,
    "cli.md": commands,
    "control.md": control,
    "errors.md": errors,
    "events.md": events,
    "faults.md": faults,
    "matrix.md": matrix,
    "real-backend.md": real_backend,
    "routes.md": routes,
    "scenarios.md": scenarios,
    "settings.md": settings,
}


def stale() -> list[str]:
    """Pages that do not say what the code says."""
    return [
        name
        for name, page in PAGES.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text(encoding="utf-8") != page()
    ]


def main(arguments: Sequence[str]) -> int:
    if "--check" in arguments:
        for name in stale():
            print(f"docs/reference/{name} is out of date: run python docs/generate.py")
        return bool(stale())
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in stale():
        (FOLDER / name).write_text(PAGES[name](), encoding="utf-8", newline="\n")
        print(f"wrote docs/reference/{name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
