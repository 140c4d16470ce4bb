"""The settings: one table of name, default, meaning; the only reader of the environment and of `devkit.yaml`.

A flag goes before the environment, the environment before `devkit.yaml`, and that before the default. A list given in
one place replaces the list of the next, it does not add to it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from devkit import kinds
from devkit.errors import FileError, Mistakes, SettingError, did_you_mean
from devkit.kinds import Kind
from devkit.records import dataclass

if TYPE_CHECKING:
    from devkit.yamlfile import Document

Transport = Literal["cookie", "bearer", "both"]
Asked = Literal["required", "optional"]
SeedDates = Literal["fixed", "relative"]

FILE_NAME = "devkit.yaml"
PREFIX = "DEVKIT_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the server was told. Sizes in bytes, durations in milliseconds."""

    host: str = "127.0.0.1"
    port: int = 8000
    https: bool = False
    memory: bool = False
    db: Path | None = None
    seed: int = 1
    seed_dates: SeedDates = "fixed"
    origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    replica: str = ""
    public_url: str = ""
    sandbox_domain: str = ""
    fleet_agent_port: int = 0
    frontend_url: str = "http://localhost:3000"
    contract: tuple[str, ...] = ()
    dialects: tuple[str, ...] = ()
    auth_transport: Transport = "cookie"
    auth_confirm_password: Asked = "required"  # noqa: S105 - a word of a setting
    auth_refresh_rotation: tuple[tuple[str, Literal["on", "off"]], ...] = ()
    auth_origin_check: bool = True
    cookies_secure: bool | Literal["auto"] = "auto"
    limits_json: int = 1024 * 1024
    limits_upload: int = 10 * 1024 * 1024
    limits_header_timeout: int = 10_000
    limits_body_timeout: int = 60_000
    limits_memory: int = 1024**3
    ws_heartbeat: int = 30_000
    models_start_delay: int = 2_000
    models_memory: int = 16 * 1024**3
    chat_tokens_per_second: int = 50
    open: bool = False
    until_stdin_closes: bool = False
    json: bool = False
    log_wide: bool = False
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    state_dir: Path = Path(".devkit")
    seed_dir: Path = Path("seed")
    scenario_dir: Path = Path("scenarios")
    scenarios: tuple[str, ...] = ()
    upstream: str = ""
    keep: tuple[tuple[str, str], ...] = ()
    record: Path | None = None
    proxy_insecure: bool = False
    proxy_cors: Literal["answer", "passthrough"] = "answer"
    proxy_rewrite_body: bool = False
    replay_on_miss: Literal["", "fail", "mock", "proxy", "record"] = ""
    replay_time_as_delay: bool | None = None
    demo_title: str = "devkit demo"
    demo_color: str = ""
    faults_header: bool = True
    contract_watch: bool = True

    @property
    def database_path(self) -> Path:
        """The database file: `db`, or `devkit.db` in the state folder. Of no meaning where `memory` is set."""
        path = self.db or self.state_dir / "devkit.db"
        # By whatever link it is named, it is the same one: its lock and its uploads lie beside the file itself.
        return path.resolve() if path.is_symlink() else path


_DEFAULTS: dict[str, Any] = {entry.name: entry.default for entry in dataclasses.fields(Settings)}


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: `name` is dotted as in `devkit.yaml`, `flag` the option of `devkit serve`, or of another
    `command`.
    """

    name: str
    kind: Kind
    help: str
    flag: str | None = None
    command: str = "serve"

    @property
    def attribute(self) -> str:
        """The field of `Settings`."""
        return self.name.replace(".", "_")

    @property
    def variable(self) -> str:
        """The environment variable."""
        return PREFIX + self.attribute.upper()

    @property
    def default(self) -> Any:
        return _DEFAULTS[self.attribute]

    def show(self, settings: Settings) -> str:
        """The value in `settings`, as one would write it."""
        return self.kind.show(getattr(settings, self.attribute))


SETTINGS: tuple[Setting, ...] = (
    Setting("host", kinds.HOST, "Address to listen on; 0.0.0.0 lets the whole network in, :: by IPv6 too.", "--host"),
    Setting("port", kinds.PORT, "Port to listen on; 0 takes any free one.", "--port"),
    Setting("https", kinds.BOOLEAN, "Serve HTTPS with a certificate of your machine's own authority.", "--https"),
    Setting("memory", kinds.BOOLEAN, "Keep everything in memory; nothing is left when the server stops.", "--memory"),
    Setting("db", kinds.PATH, "Database file; devkit.db in the state folder when not given.", "--db"),
    Setting("seed", kinds.COUNT, "Number that the generated data is drawn from; the same gives the same.", "--seed"),
    Setting(
        "seed.dates",
        kinds.choice("fixed", "relative"),
        "What distances such as -3d in seed files count from: the same day for ever, or today (as in `devkit demo`).",
        "--seed-dates",
    ),
    Setting("origins", kinds.ORIGINS, "Origins that may call, besides localhost at 3000, 5173 and 5174.", "--origin"),
    Setting(
        "allowed_hosts", kinds.HOSTS, "Host names that requests may be sent to, besides localhost and the address."
    ),
    Setting(
        "replica", kinds.REPLICA, "What this server is called in a fleet; ids of its sandboxes begin so.", "--replica"
    ),
    Setting(
        "public_url",
        kinds.URL,
        "Where clients reach this server, if that is a proxy; addresses of sandboxes are told so.",
    ),
    Setting(
        "sandbox_domain", kinds.HOST, "Domain below which every name is a sandbox's, as ID.DOMAIN, besides localhost."
    ),
    Setting("fleet.agent_port", kinds.PORT, "Port to tell HAProxy at how much room there is; 0: it is not told."),
    Setting("frontend_url", kinds.URL, "Where the frontend runs; links in mails lead there."),
    Setting(
        "contract",
        kinds.CONTRACTS,
        "Your own backend: a backend.yaml or an OpenAPI document; or a dialect, to be served beside it.",
        "--contract",
    ),
    Setting("upstream", kinds.UPSTREAM, "The real backend, which devkit then stands in front of.", "--upstream"),
    Setting(
        "keep",
        kinds.KEEP,
        "Who keeps which operations where there is a real backend; that does, when not given.",
        "--keep",
    ),
    Setting("record", kinds.PATH, "Folder that what passes to the real backend and back is recorded in.", "--record"),
    Setting("proxy.insecure", kinds.BOOLEAN, "Take any certificate of the real backend's.", "--insecure"),
    Setting(
        "proxy.cors",
        kinds.choice("answer", "passthrough"),
        "Who tells browsers which pages may call the real backend: devkit, or that itself.",
        "--cors",
    ),
    Setting(
        "proxy.rewrite_body",
        kinds.BOOLEAN,
        "Put devkit's address in the place of the real backend's in texts that it answers with.",
        "--rewrite-body",
    ),
    Setting(
        "replay.on_miss",
        kinds.choice("fail", "mock", "proxy", "record"),
        "What a recording has not is: an error, the nearest answer, the real backend's, or that and recorded.",
        "--on-miss",
    ),
    Setting("replay.time_as_delay", kinds.BOOLEAN, "Let replayed answers take as long as they did.", "--time-as-delay"),
    Setting("dialects", kinds.WORDS, "Dialects to serve; all of them when not given.", "--dialect"),
    Setting("auth.transport", kinds.choice("cookie", "bearer", "both"), "How sign-in hands out its tokens."),
    Setting(
        "auth.confirm_password",
        kinds.choice("required", "optional"),
        "Whether `agreed` wants a new password repeated; a repetition that comes is always compared.",
    ),
    Setting(
        "auth.refresh_rotation",
        kinds.SWITCHES,
        "Whether a refresh uses its token up, for all dialects or by name; as each has it when not given.",
    ),
    Setting(
        "auth.origin_check",
        kinds.BOOLEAN,
        "Refuse calls to Better Auth's addresses that bring a cookie and no known Origin; scripts may switch it off.",
    ),
    Setting("cookies.secure", kinds.AUTOMATIC, "Mark cookies Secure; auto: for browsers, and over HTTPS."),
    Setting("limits.json", kinds.SIZE, "Largest JSON body."),
    Setting("limits.upload", kinds.SIZE, "Largest uploaded file."),
    Setting("limits.header_timeout", kinds.DURATION, "Longest time a client may take to send its headers."),
    Setting(
        "limits.body_timeout",
        kinds.DURATION,
        "Longest silence of a client in the middle of a body; 0 lets it take any time.",
    ),
    Setting("limits.memory", kinds.SIZE, "Memory for journals, kept answers, drills and the data of sandboxes."),
    Setting("ws.heartbeat", kinds.DURATION, "Time between two heartbeats on a WebSocket."),
    Setting("models.start_delay", kinds.DURATION, "How long a language model takes to start."),
    Setting("models.memory", kinds.SIZE, "Memory for the models that run; one that does not fit in fails to start."),
    Setting("chat.tokens_per_second", kinds.COUNT, "How fast models answer; 0 is as fast as it goes."),
    Setting("open", kinds.BOOLEAN, "Open the control panel in the browser.", "--open"),
    Setting(
        "until_stdin_closes",
        kinds.BOOLEAN,
        "Stop when standard input closes, as it does when the program that started the server is gone.",
        "--until-stdin-closes",
    ),
    Setting("json", kinds.BOOLEAN, "Write JSON lines instead of text.", "--json"),
    Setting("log_wide", kinds.BOOLEAN, "Log every column, however narrow the terminal is.", "--wide"),
    Setting(
        "log_level",
        kinds.choice("debug", "info", "warning", "error"),
        "How much is logged.",
        "--log-level",
    ),
    Setting("state_dir", kinds.PATH, "Folder for the database, keys and uploads."),
    Setting("seed_dir", kinds.PATH, "Folder of your own seed data."),
    Setting("scenario_dir", kinds.PATH, "Folder of your own scenarios."),
    Setting("scenarios", kinds.WORDS, "Scenarios that are on from the start.", "--scenario"),
    Setting("demo.title", kinds.TITLE, "What the demo's page is called.", "--title", command="demo"),
    Setting(
        "demo.color",
        kinds.COLOR,
        "The demo's colour, made as dark or light as reading it takes.",
        "--color",
        command="demo",
    ),
    Setting("faults.header", kinds.BOOLEAN, "Name the faults that touched an answer in X-Devkit-Fault."),
    Setting("contract.watch", kinds.BOOLEAN, "Hold answers against the contract, and warn of what departs from it."),
)

OTHER_VARIABLES: Mapping[str, str] = {
    "DEVKIT_URL": "Address of the running server, for commands that talk to it.",
    "DEVKIT_SANDBOX": "Sandbox that such commands mean.",
    "DEVKIT_TOKEN": "Control token: what a server demands from other machines, and commands send; else it makes one.",
    "DEVKIT_SCENARIO": "Set by `devkit drill` for the command it runs: the scenario that is drilled.",
    "DEVKIT_DRILL": "The same: the drill's id.",
    "DEVKIT_IMAGE": "For `@devkit/test`: a container's image, to start where no devkit is installed.",
}
"""Variables that are no setting of the server's."""

_BY_NAME = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and where each came from.

    `origins` maps a setting's name to `default`, `flag --port`, `environment DEVKIT_PORT` or `devkit.yaml:3`.
    `warnings` are sentences about what was ignored.
    """

    settings: Settings
    origins: dict[str, str]
    warnings: list[str] = field(default_factory=list)


def setting(name: str) -> Setting:
    """The row of that name. Raises KeyError."""
    return _BY_NAME[name]


def load(flags: Mapping[str, object], environ: Mapping[str, str], directory: Path) -> Loaded:
    """Gather the settings. `flags` maps names of settings to values; None and empty lists count as not given.

    Relative paths count from `directory`, where `devkit.yaml` is looked for. Raises SettingError for a bad flag or
    variable, FileError for a bad `devkit.yaml`.
    """
    values: dict[str, Any] = {}
    origins = dict.fromkeys(_BY_NAME, "default")
    for name, value, origin in _candidates(flags, environ, directory):
        values[name], origins[name] = value, origin
    fields = {row.attribute: values.get(row.name, row.default) for row in SETTINGS}
    for row in SETTINGS:
        path = fields[row.attribute]
        if isinstance(path, Path):
            fields[row.attribute] = directory / path
    return Loaded(Settings(**fields), origins, _warnings(environ))


def _candidates(
    flags: Mapping[str, object], environ: Mapping[str, str], directory: Path
) -> Iterator[tuple[str, Any, str]]:
    """Every value that was given, from the weakest source to the strongest."""
    yield from _file(directory / FILE_NAME)
    for row in SETTINGS:
        if row.variable in environ:
            origin = f"environment {row.variable}"
            yield row.name, _parsed(row, environ[row.variable], origin), origin
    for name, given in flags.items():
        if given is not None and given not in ([], ()):
            row = _BY_NAME[name]
            origin = f"flag {row.flag or name}"
            yield name, _parsed(row, given, origin), origin


def _parsed(row: Setting, given: object, origin: str) -> Any:
    try:
        return row.kind.parse(given)
    except ValueError as error:
        raise SettingError(
            f"The setting {row.name} ({origin}) cannot be {given!r}: {error}.", remedy=f"Give it {row.kind.wanted}."
        ) from None


def _file(path: Path) -> Iterator[tuple[str, Any, str]]:
    if not path.exists():
        other = path.with_suffix(".yml")
        if other.exists():
            raise FileError(other, f"is not read: settings stand in {FILE_NAME}", remedy=f"Rename it to {FILE_NAME}.")
        return
    from devkit import yamlfile

    try:
        document = yamlfile.read(path)
    except yamlfile.EmptyFile:
        # `devkit init` writes a file in which everything is commented out.
        return
    if not isinstance(document.value, dict):
        raise document.error((), "settings are written as `name: value`", remedy="Write for example `port: 8000`.")
    mistakes = Mistakes()
    yield from _group(document, (), document.value, mistakes)
    mistakes.settle()


def _group(
    document: Document, where: tuple[str, ...], group: Mapping[str, Any], mistakes: Mistakes
) -> Iterator[tuple[str, Any, str]]:
    for key, given in group.items():
        path = (*where, key)
        name = ".".join(path)
        members = [other for other in _BY_NAME if other.startswith(f"{name}.")]
        if name in _BY_NAME and not (members and isinstance(given, dict)):
            with mistakes:
                yield name, _parsed_from(document, path, _BY_NAME[name], given), f"{FILE_NAME}:{document.line(path)}"
        elif not members:
            mistakes.add(_unknown(document, path))
        elif isinstance(given, dict):
            yield from _group(document, path, given, mistakes)
        else:
            short = ", ".join(member.removeprefix(f"{name}.") for member in members)
            mistakes.add(
                document.error(path, f"{name} is a group of settings, not a value", remedy=f"It holds: {short}.")
            )


def _parsed_from(document: Document, where: tuple[str, ...], row: Setting, given: object) -> Any:
    try:
        return row.kind.parse(given)
    except ValueError as error:
        raise document.error(
            where,
            f"{row.name} cannot be {document.written(where, given)}: {error}",
            remedy=f"Give it {row.kind.wanted}.",
        ) from None


def _unknown(document: Document, where: tuple[str, ...]) -> FileError:
    *outer, key = where
    prefix = "".join(f"{part}." for part in outer)
    siblings = list(dict.fromkeys(n.removeprefix(prefix).split(".")[0] for n in _BY_NAME if n.startswith(prefix)))
    guess = did_you_mean(key, siblings)
    for name in _BY_NAME:
        if name.rpartition(".")[2] == key.rpartition(".")[2]:
            guess = f" Did you mean {name!r}?"
    return document.error(where, f"unknown setting {key!r}.{guess}", remedy=f"Known here: {', '.join(siblings)}.")


def _warnings(environ: Mapping[str, str]) -> list[str]:
    known = [row.variable for row in SETTINGS] + list(OTHER_VARIABLES)
    return [
        f"The environment variable {name} is unknown and has no effect.{did_you_mean(name, known)}"
        for name in sorted(environ)
        if name.startswith(PREFIX) and not name.startswith(f"{PREFIX}TEST_") and name not in known
    ]
