"""What `devkit serve` writes: banner, request lines, and the thread that writes them."""

from __future__ import annotations

import io
import json
import threading
from dataclasses import dataclass, replace
from typing import TextIO

import pytest

from devkit.cli.banner import banner, grouped, ready, warnings
from devkit.cli.printer import Printer
from devkit.cli.requestlog import RequestLog, clock_time
from devkit.cli.style import Style, printable
from devkit.journal import MailEntry, RequestEntry, SocketEntry

PLAIN = Style(False)
REQUEST = RequestEntry(
    number=1,
    at=1_768_903_200_000,
    sandbox="main",
    request_id="r-1",
    method="GET",
    path="/api/tasks?page=2",
    dialect="agreed",
    operation="tasks.list",
    status=200,
    duration=0.0034,
    user="test@example.com",
)


@dataclass(frozen=True)
class Served:
    url: str = "http://localhost:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    database: str = "memory"
    api_key: str | None = "key"
    test_user: tuple[str, str] = ("test@example.com", "TestPass123!")
    origins: tuple[str, ...] = ("http://localhost:3000", "http://127.0.0.1:3000", "https://a.test")
    dialects: tuple[str, ...] = ("agreed",)
    contract: tuple[str, ...] = ()
    accounts: bool = True
    upstream: tuple[tuple[str, str], ...] = ()
    seed_is_stale: bool = False


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_banner_tells_what_one_needs_first() -> None:
    text = banner(Served(), PLAIN)
    for part in ("http://localhost:8000/_devkit/", "/_devkit/docs", "test@example.com / TestPass123!", "key", "memory"):
        assert part in text
    assert "WARNING" not in text
    assert "\x1b" not in text


def test_the_banner_names_a_contract_of_ones_own_and_no_user_where_nobody_signs_in() -> None:
    text = banner(Served(contract=("backend.yaml",), accounts=False), PLAIN)
    assert "backend.yaml" in text
    assert "test@example.com" not in text


def test_a_certificate_that_is_not_looked_at_is_said_aloud_and_quietly() -> None:
    behind_tls, plain = Served(upstream=(("", "https://api.test"),)), Served(upstream=(("", "http://localhost:9"),))
    text = banner(behind_tls, Style(enabled=True), insecure=True)
    assert "\x1b[33mits certificate is not looked at (--insecure)" in text
    assert "WARNING" not in text
    assert "certificate" in ready(behind_tls, insecure=True)["warnings"][0]
    # Where there is none, or it is looked at, nothing is said.
    assert "certificate" not in banner(plain, PLAIN, insecure=True) + banner(behind_tls, PLAIN)
    assert ready(plain, insecure=True)["warnings"] == ready(behind_tls)["warnings"] == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_the_banner_warns_when_everybody_can_reach_the_server(host: str) -> None:
    assert "all interfaces" in banner(Served(host=host), PLAIN)


def test_a_stale_seed_is_a_warning() -> None:
    assert "devkit reset" in warnings(Served(seed_is_stale=True))[0]


def test_origins_with_the_same_ports_are_told_together() -> None:
    assert grouped(Served().origins) == "http://localhost, http://127.0.0.1 at 3000; https://a.test"
    assert grouped(()) == "none"


def test_the_ready_line_is_data() -> None:
    assert json.loads(json.dumps(ready(Served())))["test_user"]["email"] == "test@example.com"


def test_a_request_is_one_line_with_its_columns_in_place() -> None:
    log = RequestLog(PLAIN, as_json=False)
    one, other = log.lines(REQUEST), log.lines(replace(REQUEST, method="DELETE", path="/api/tasks/1", duration=0.2))
    assert one is not None
    assert other is not None
    assert one.split()[1:] == ["GET", "/api/tasks?page=2", "tasks.list", "200", "3", "ms", "test@example.com", "r-1"]
    assert [line.index("tasks.list") for line in (one, other)] == [one.index("tasks.list")] * 2
    assert one.index("r-1") == other.index("r-1")


def test_what_matched_nothing_names_what_is_near() -> None:
    entry = replace(REQUEST, operation=None, status=404, nearest=("GET /api/tasks",), note="A note.")
    lines = (RequestLog(PLAIN, as_json=False).lines(entry) or "").splitlines()
    assert "near it: GET /api/tasks" in lines[1]
    assert "A note." in lines[2]


@pytest.mark.parametrize(("status", "code"), [(200, "32"), (304, "36"), (404, "33"), (500, "31"), (0, "31")])
def test_the_colour_tells_the_class_of_the_status(status: int, code: str) -> None:
    text = RequestLog(Style(True), as_json=False).lines(replace(REQUEST, status=status)) or ""
    assert f"\x1b[{code}m{status or '  –'}" in text


def test_a_client_cannot_steer_the_terminal() -> None:
    hostile = replace(REQUEST, path="/\x1b[2J\n\u202e\ud800", user="a\rb", request_id="\x07")
    text = RequestLog(PLAIN, as_json=False).lines(hostile) or ""
    assert all(character.isprintable() for character in text)
    assert printable("é 日本") == "é 日本"


def test_the_level_decides_what_is_shown() -> None:
    frame = SocketEntry(number=1, at=0, sandbox="main", connection_id="c", direction="in", frame="{}")
    mail = MailEntry(
        number=1, at=0, sandbox="main", mail_id="m", to="a@b.test", kind="verify", subject="s", delivered=(0,)
    )

    def shown(level: str) -> list[bool]:
        log = RequestLog(PLAIN, as_json=False, level=level)
        entries = (REQUEST, replace(REQUEST, status=404), replace(REQUEST, status=500), frame, mail)
        return [log.lines(entry) is not None for entry in entries]

    assert shown("debug") == [True, True, True, True, True]
    assert shown("info") == [True, True, True, False, True]
    assert shown("warning") == [False, True, True, False, False]
    assert shown("error") == [False, False, True, False, False]


def test_the_log_says_what_became_of_a_mail() -> None:
    log = RequestLog(PLAIN, as_json=False)
    sent = MailEntry(
        number=1, at=0, sandbox="main", mail_id="m1", to="a@b.test", kind="verify", subject="s", delivered=(0,)
    )
    assert (log.lines(sent) or "").endswith("devkit mail show m1")
    assert (log.lines(replace(sent, delivered=())) or "").endswith("s  lost")
    late = log.lines(replace(sent, delivered=(60_000, 60_000))) or ""
    assert "comes at " in late
    assert late.endswith("2 copies")


def test_json_lines_hold_the_entry() -> None:
    text = RequestLog(PLAIN, as_json=True).lines(replace(REQUEST, path="/\ud800")) or ""
    data = json.loads(text)
    assert (data["event"], data["at"], data["duration_ms"]) == ("request", "2026-01-20T10:00:00.000Z", 3.4)
    text.encode()


def test_the_ends_of_time_can_be_shown() -> None:
    assert len(clock_time(253_402_300_799_999)) == 8
    assert len(clock_time(-62_135_596_800_000)) == 8


def test_colour_is_for_terminals_without_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert Style.of(Terminal()).enabled
    assert not Style.of(io.StringIO()).enabled
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Style.of(Terminal()).enabled


def test_the_printer_writes_everything_before_it_closes() -> None:
    stream = io.StringIO()
    printer = Printer(stream)
    for number in range(2_000):
        printer.line(str(number))
    printer.close()
    assert stream.getvalue().splitlines() == [str(number) for number in range(2_000)]


def test_a_stuck_terminal_does_not_stop_the_caller() -> None:
    gate = threading.Event()

    class Stuck(io.StringIO):
        def write(self, text: str) -> int:
            gate.wait(10)
            return super().write(text)

    stream: TextIO = Stuck()
    printer = Printer(stream)
    for number in range(12_000):
        printer.line(str(number))
    gate.set()
    printer.close()
    assert "lines were left out" in stream.getvalue()  # type: ignore[attr-defined]


def test_a_reader_that_has_gone_is_not_waited_for() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    printer = Printer(Gone())
    printer.line("x")
    printer.close()


LONG = replace(
    REQUEST,
    path="/api/tasks?page=2&limit=20&sort=-createdAt&completed=false",
    request_id="da39a278-987a-42b4-be7a-11c65392341b",
)


@pytest.mark.parametrize("width", [60, 80, 100, 120, 132, 151, 200])
def test_a_line_is_never_wider_than_the_terminal(width: int) -> None:
    log = RequestLog(PLAIN, as_json=False, level="debug", width=lambda: width)
    near = ("GET /api/tasks",) * 9
    strange = replace(LONG, operation=None, status=404, error="not_found", sandbox="w1", nearest=near)
    struck = replace(LONG, note="It is a long note that tells what the person at the terminal can do about it. " * 2)
    frame = SocketEntry(
        number=1, at=0, sandbox="main", connection_id=LONG.request_id, direction="in", user="a@b.test", frame="x" * 200
    )
    for entry in (REQUEST, LONG, strange, struck, frame):
        lines = (log.lines(entry) or "").splitlines()
        assert max(len(line) for line in lines) <= max(width, 76)
    assert "not_found  [w1]" in (log.lines(strange) or "")


def test_columns_go_from_the_least_needed_on() -> None:
    def shown(width: int) -> list[bool]:
        text = RequestLog(PLAIN, as_json=False, width=lambda: width).lines(LONG) or ""
        return [
            part in text for part in (LONG.request_id, LONG.request_id[:8], "tasks.list", "test@example.com", "200")
        ]

    assert shown(151) == [True, True, True, True, True]
    assert shown(120) == [False, True, True, True, True]
    assert shown(100) == [False, False, True, True, True]
    assert shown(80) == [False, False, False, True, True]
    assert shown(60) == [False, False, False, False, True]
    assert LONG.request_id in (RequestLog(PLAIN, as_json=False).lines(LONG) or "")


def test_a_preflight_that_went_well_is_told_with_its_call() -> None:
    log = RequestLog(PLAIN, as_json=False, fold=True)
    preflight = replace(REQUEST, method="OPTIONS", operation=None, status=204, duration=0.002)
    assert log.lines(preflight) is None
    line = log.lines(REQUEST) or ""
    assert line.endswith("+ preflight 2 ms")
    assert len(line.splitlines()) == 1
    assert "preflight" not in (log.lines(REQUEST) or "")
    assert log.lines(preflight) is None
    lines = (log.lines(replace(REQUEST, path="/api/auth/me")) or "").splitlines()
    assert ["OPTIONS" in line for line in lines if "↳" not in line] == [True, False]
    assert log.lines(preflight) is None
    assert "OPTIONS" in (log.rest() or "")
    assert log.rest() is None


def test_a_preflight_that_failed_is_told_at_once() -> None:
    log = RequestLog(PLAIN, as_json=False, fold=True)
    preflight = replace(REQUEST, method="OPTIONS", operation=None, status=204)
    for bad in (replace(preflight, status=500), replace(preflight, note="origin x is not allowed")):
        assert "OPTIONS" in (log.lines(bad) or "")
