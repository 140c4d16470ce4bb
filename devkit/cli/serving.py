"""Serving at the terminal, however it was told to. Nothing here needs typer, which `devkit serve` can do without."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from devkit.cli.told import loaded
from devkit.config import FILE_NAME
from devkit.errors import UsageError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from devkit.cli.banner import Running
    from devkit.cli.printer import Printer
    from devkit.cli.requestlog import RequestLog
    from devkit.config import Loaded, Settings
    from devkit.server.hosting.app import Beside


_LOADED_SECONDS = 2.0
"""Seconds after which a server has loaded all that it surely needs: `hosting.app.SETTLE_SECONDS` and some."""


def start(flags: Mapping[str, object]) -> None:
    """`devkit serve` with these flags, by the settings' names; None is one that was not given."""
    given = dict(flags)
    if given.get("db") is not None and given.get("memory"):
        raise UsageError("--db and --memory exclude each other.", remedy="Leave one of them out.")
    if given.get("db") is not None and given.get("memory") is None:
        # A file that is named on the command line goes before `memory: true` in devkit.yaml.
        given["memory"] = False
    told = loaded(given)
    try:
        run(told.settings)
    except UsageError as error:
        raise _placed(error, told) from None


def _placed(error: UsageError, told: Loaded) -> UsageError:
    """The error, with the line of devkit.yaml in front of it where that names what is not there."""
    for name in ("dialects", "scenarios"):
        origin = told.origins[name]
        if origin.startswith(FILE_NAME) and any(repr(word) in error.message for word in getattr(told.settings, name)):
            return UsageError(f"{origin}: {error.message}", remedy=error.remedy)
    return error


def run(settings: Settings, *, beside: Beside | None = None, page: str | None = None) -> None:
    """Serve until stopped. Raises OperatorError where the server cannot start.

    `page` is the address of what is served `beside` the backend, for people to open.
    """
    from devkit.cli import logline
    from devkit.cli.printer import Printer
    from devkit.cli.requestlog import RequestLog
    from devkit.cli.style import Style

    if settings.fleet_agent_port and beside is None:
        from devkit.server.hosting.agent import telling as beside
    style = Style.of(sys.stdout)
    log = RequestLog(style, as_json=settings.json, level=settings.log_level, **fitting(wide=settings.log_wide))
    logline.set_up(settings.log_level.upper())
    printer = Printer(sys.stdout)
    try:
        _serve(settings, printer, log, coloured=style.enabled, beside=beside, page=page)
        if rest := log.rest():
            printer.line(rest)
        printer.line(json.dumps({"event": "stopped"}) if settings.json else style.dim("stopped"))
    finally:
        printer.close()


def fitting(*, wide: bool) -> dict[str, Any]:
    """How a log fits the terminal, if it is one: for `RequestLog`."""
    if wide or not sys.stdout.isatty():
        return {}
    import shutil

    return {"width": lambda: shutil.get_terminal_size().columns, "fold": True}


def _serve(
    settings: Settings, printer: Printer, log: RequestLog, *, coloured: bool, beside: Beside | None, page: str | None
) -> None:
    import asyncio

    from devkit.cli.banner import PANEL, banner, ready
    from devkit.cli.style import Style
    from devkit.journal import Entry

    _give_memory_back()
    with _no_certificates():
        from devkit.server.hosting.app import serve as serve_until_stopped

    def announce(running: Running) -> None:
        trusts = settings.proxy_insecure
        told = ready(running, page, insecure=trusts) if settings.json else None
        printer.line(json.dumps(told) if told else banner(running, Style(coloured), page, insecure=trusts))
        _spare_the_collector()
        # Once more for what is loaded when nobody waits for it any more.
        asyncio.get_running_loop().call_later(_LOADED_SECONDS, _spare_the_collector)
        if settings.open:
            _open(page or running.url + PANEL)

    def listen(entry: Entry) -> None:
        text = log.lines(entry)
        if text is not None:
            printer.line(text)

    if settings.until_stdin_closes:
        _stop_when_stdin_closes()
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(serve_until_stopped(settings, ready=announce, listener=listen, beside=beside))
    except KeyboardInterrupt:
        # Ctrl-C before the server could handle it itself: there is nothing to drain yet.
        return


def _stop_when_stdin_closes() -> None:
    """End as by SIGTERM once nobody can write to standard input any more: a pipe closes however its other end died."""
    import signal

    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 65_536):
                pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="devkit-stdin", daemon=True).start()


@contextlib.contextmanager
def _no_certificates() -> Iterator[None]:
    """Let no certificates be found within. aiohttp reads all that the machine trusts when it is imported, for its
    client: a tenth of a start, and a server has no use for them. Whoever asks OpenSSL for them later finds them.
    """
    names = "SSL_CERT_FILE", "SSL_CERT_DIR"
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, os.devnull))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _spare_the_collector() -> None:
    """Look through what a start leaves behind no more: it stays, but for a few hundred objects that are not worth the
    search. What requests leave behind nearly all goes without the collector. It would look at all that is young, the
    journal and the kept answers, and take 20 ms for that however seldom it does: so it does seldom.
    """
    import gc

    gc.freeze()
    gc.set_threshold(50_000, 10, 20)


_TRIM_SECONDS, _WORTH_IT = 30, 1
"""How often freed memory is looked for, and seconds of a processor that it is worth it after."""
_LARGE, _ARENAS = 4 * 1024 * 1024, 2
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8


def _give_memory_back() -> None:
    """Let the C library give memory back that is free. Of itself glibc (2.36) has an arena for each thread, and keeps
    in it what is not larger than the largest block that was freed so far: a hash of a password takes 19 MiB, and ten
    threads that have made one would keep 190 (mallopt(3), "M_MMAP_THRESHOLD", "M_ARENA_MAX").
    """
    if sys.platform != "linux":
        return
    import ctypes

    # Others than glibc have no such switches.
    with contextlib.suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE)
        library.mallopt(_M_TRIM_THRESHOLD, _LARGE)
        library.mallopt(_M_ARENA_MAX, _ARENAS)
        threading.Thread(target=_trim, args=[library.malloc_trim], name="devkit-memory", daemon=True).start()


def _trim(malloc_trim: Callable[[int], int]) -> None:
    """Now and then, where something was done meanwhile: of itself glibc gives back what is free at the end of an arena,
    and not what is free in its midst, of which an hour under load leaves 20 MiB. It takes milliseconds.
    """
    done, never = 0.0, threading.Event()
    while not never.wait(_TRIM_SECONDS):
        times = os.times()
        if times.user + times.system - done > _WORTH_IT:
            malloc_trim(0)
        done = times.user + times.system


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The loop of uvloop where that is installed (the extra `fast`), else asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    found: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return found


def _open(url: str) -> None:
    import threading
    import webbrowser

    # Starting a browser may take seconds, and some of them stay in the foreground.
    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
