"""devkit in front of a server, beside other proxies in front of the same: `python -m benchmarks.proxying`.

The server behind all of them is nginx, with an answer of 6 kB. Uploads and events go to `peers/sink.py`.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import report
from benchmarks.load import Server, ask, free_port, serving, wrk
from benchmarks.peers import HERE, cache
from benchmarks.run import SCRIPT
from benchmarks.subject import devkit, environment

PACKAGES = {"http-proxy-3": "2.0.1", "vite": "8.4.0", "@stoplight/prism-cli": "5.16.0"}
MITMPROXY = "mitmproxy==11.0.2"
OURS, RECORDING, LIMIT = "devkit", "devkit, recording", "HAProxy"
LARGE = 1 << 30
TASKS = 1_000
ROWS = {"data": [{"id": number, "title": "x" * 100, "done": False} for number in range(45)]}
NGINX = """\
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; worker_processes 1;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; types {{ application/json json; }}
  server {{ listen 127.0.0.1:{port}; root {folder}; location / {{ try_files $uri /rows.json; }} }}
}}
"""
HAPROXY = """\
global
  nbthread 1
defaults
  mode http
  option http-no-delay
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend front
  bind 127.0.0.1:{port}
  default_backend back
backend back
  server one 127.0.0.1:{target}
"""
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "rows", "version": "1"},
    "paths": {"/rows.json": {"get": {"responses": {"200": {"description": "rows"}}}}},
}
Figures = dict[tuple[str, str], list[float]]


@dataclass(frozen=True, slots=True)
class Proxy:
    """`command` makes its command line of its port, the server's, and a folder of its own."""

    name: str
    command: Callable[[int, int, Path], list[str]]


def _node(*arguments: str) -> Callable[[int, int, Path], list[str]]:
    return lambda port, target, _: ["node", str(cache() / "proxy.mjs"), str(port), str(target), *arguments]


def _devkit(*more: str) -> Callable[[int, int, Path], list[str]]:
    def command(port: int, target: int, folder: Path) -> list[str]:
        told = ["serve", "--port", str(port), "--upstream", f"http://127.0.0.1:{target}", "--memory"]
        return devkit(*told, *(word.format(folder=folder) for word in more))

    return command


def _haproxy(port: int, target: int, folder: Path) -> list[str]:
    (folder / "haproxy.cfg").write_text(HAPROXY.format(port=port, target=target))
    return ["haproxy", "-f", str(folder / "haproxy.cfg"), "-db"]


def _vite(port: int, target: int, folder: Path) -> list[str]:
    (folder / "index.html").write_text("<p>nothing</p>")
    proxied = {"^/(rows|large|up|events)": f"http://127.0.0.1:{target}"}
    config = {"server": {"port": port, "host": "127.0.0.1", "strictPort": True, "proxy": proxied}}
    (folder / "vite.config.mjs").write_text(f"export default {json.dumps(config)}")
    return ["node", str(cache() / "node_modules/vite/bin/vite.js"), str(folder)]


def _prism(port: int, target: int, folder: Path) -> list[str]:
    (folder / "openapi.json").write_text(json.dumps(DOCUMENT))
    prism = str(cache() / "node_modules/.bin/prism")
    return [
        prism,
        "proxy",
        str(folder / "openapi.json"),
        f"http://127.0.0.1:{target}",
        "-p",
        str(port),
        "-h",
        "127.0.0.1",
    ]


def _mitmproxy(port: int, target: int, _: Path) -> list[str]:
    told = ["--mode", f"reverse:http://127.0.0.1:{target}", "-p", str(port), "--listen-host", "127.0.0.1", "-q"]
    return [str(cache() / "mitmproxy/bin/mitmdump"), *told]


PROXIES = (
    Proxy(OURS, _devkit()),
    Proxy(RECORDING, _devkit("--record", "{folder}/recording")),
    Proxy("http-proxy-3, connections kept", _node("kept")),
    Proxy("http-proxy-3 as it comes", _node()),
    Proxy("Vite's dev server", _vite),
    Proxy("Prism", _prism),
    Proxy("mitmproxy", _mitmproxy),
    Proxy(LIMIT, _haproxy),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--seconds", type=float, default=2, help="seconds of load for each figure (default 2)")
    parser.add_argument("--only", action="append", help="these proxies alone, by the beginnings of their names")
    parser.add_argument("--dry", action="store_true", help="print the tables, leave docs/performance.md as it is")
    chosen = parser.parse_args()
    proxies = [one for one in PROXIES if not chosen.only or one.name.startswith(tuple(chosen.only))]
    install()
    with contextlib.ExitStack() as stack, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # nginx reads as another user
        rates = _plain(stack, folder, proxies, chosen.rounds, chosen.seconds)
        bulk = _bulk(stack, folder, proxies, chosen.rounds)
        replayed = _replayed(stack, folder, chosen.rounds, chosen.seconds)
    told = f"{_table(proxies, rates, bulk)}\n\n{replayed}"
    told += f"\n\n{chosen.rounds} rounds, {report.machine()}. In brackets: how many times that devkit does."
    print(told)
    if not chosen.dry:
        report.publish("proxying", told, {})


def install() -> None:
    """What is not there yet, pinned, into the user's cache folder."""
    for tool in ("wrk", "node", "npm", "nginx", "haproxy", "curl"):
        if shutil.which(tool) is None:
            raise SystemExit(f"{tool} is needed: apt-get install wrk nodejs npm nginx haproxy curl")
    if not (cache() / "package.json").exists():
        (cache() / "package.json").write_text('{"private": true}')
    for package, version in PACKAGES.items():
        if not (cache() / "node_modules" / package).is_dir():
            # One by one: whoever cannot be had is left out, and the others can still be compared.
            command = ["npm", "install", "--no-audit", "--no-fund", f"{package}@{version}"]
            subprocess.run(command, cwd=cache(), check=False)
    if not (cache() / "mitmproxy").is_dir():
        subprocess.run([sys.executable, "-m", "venv", str(cache() / "mitmproxy")], check=True)
        subprocess.run([str(cache() / "mitmproxy/bin/pip"), "install", "-q", MITMPROXY], check=False)
    shutil.copy(HERE / "proxy.mjs", cache() / "proxy.mjs")


def _plain(stack: contextlib.ExitStack, folder: Path, proxies: list[Proxy], rounds: int, seconds: float) -> Figures:
    """Requests a second at 32 connections, and microseconds that the median takes longer than without a proxy."""
    (folder / "rows.json").write_text(json.dumps(ROWS))
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    stack.enter_context(serving(["nginx", "-c", str(folder / "nginx.conf")], port, "/rows.json"))
    servers = _started(stack, folder, proxies, port, "plain", "/rows.json")
    given = {"KIND": "page", "LIST": "/rows.json?page={page}"}
    found: Figures = defaultdict(list)
    for number in range(rounds + 1):
        bare = wrk(port, SCRIPT, connections=1, seconds=1, **given).p50
        for name, server in servers.items():
            many = wrk(server.port, SCRIPT, seconds=seconds, **given)
            one = wrk(server.port, SCRIPT, connections=1, seconds=1, **given)
            if many.failed or one.failed:
                raise SystemExit(f"{name}: {many.failed + one.failed} answers were no success")
            if number:  # the first round warms up
                found[name, "rate"].append(many.rate)
                found[name, "added"].append(one.p50 - bare)
        print(f"round {number}", flush=True, file=sys.stderr)
    return found


def _bulk(stack: contextlib.ExitStack, folder: Path, proxies: list[Proxy], rounds: int) -> Figures:
    """Megabytes a second of a gibibyte up, memory that it takes, and microseconds that an event is on its way."""
    port = free_port()
    large = folder / "large"
    with large.open("wb") as file:
        file.truncate(LARGE)
    stack.enter_context(serving([sys.executable, str(HERE / "sink.py"), str(port)], port, "/"))
    servers = _started(stack, folder, proxies, port, "bulk", "/up")
    found: Figures = defaultdict(list)
    for _ in range(rounds):
        for name, server in servers.items():
            before = server.rss
            command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{speed_upload}", "-H", "Expect:", "-T", str(large)]
            done = subprocess.run([*command, f"http://127.0.0.1:{server.port}/up"], capture_output=True, check=False)
            if done.returncode == 0:
                found[name, "up"].append(float(done.stdout) / 1e6)
                found[name, "memory"].append(max(server.rss - before, 0.0))
            found[name, "event"].append(statistics.median(_events(server.port)))
    return found


def _events(port: int) -> Iterator[float]:
    """How long each event took, in microseconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/events")
    answer = connection.getresponse()
    while line := answer.readline():
        if line.startswith(b"data: "):
            yield (time.monotonic_ns() - int(line[6:])) / 1000
    connection.close()


def _replayed(stack: contextlib.ExitStack, folder: Path, rounds: int, seconds: float) -> str:
    """How many tasks are replayed a second, beside how many the shipped backend that was recorded gives out."""
    own, ports, ready = folder / "replayed", [free_port() for _ in range(3)], "/api/health"
    own.mkdir()
    real, front, replay = (devkit("serve", "--port", str(port), "--memory") for port in ports)
    front += ["--upstream", f"http://127.0.0.1:{ports[0]}", "--record", "recording", "--contract", "agreed"]
    replay += ["--contract", "recording"]
    server = stack.enter_context(serving(real, ports[0], ready, cwd=own, env=environment()))
    with serving(front, ports[1], ready, cwd=own, env=environment()):
        signed = {"Authorization": f"Bearer {_signed_in(ports[1], ports[0])}"}
        ids = [ask(ports[1], "POST", "/api/tasks", {"title": f"Task {n}"}, signed)["id"] for n in range(TASKS)]
        for one in ids:
            ask(ports[1], "GET", f"/api/tasks/{one}", headers=signed)
    player = stack.enter_context(serving(replay, ports[2], ready, cwd=own, env=environment()))
    (own / "ids").write_text("".join(f"1 {one}\n" for one in ids))
    found: dict[Server, list[float]] = {server: [], player: []}
    for number in range(rounds + 1):
        for one, rates in found.items():
            (own / "tokens").write_text(f"{_signed_in(one.port, one.port)}\n")
            given = {"KIND": "get", "ONE": "/api/tasks/", "TOKENS": str(own / "tokens"), "IDS": str(own / "ids")}
            load = wrk(one.port, SCRIPT, seconds=seconds, **given)
            if load.failed:
                raise SystemExit(f"{load.failed} tasks were no success")
            if number:
                rates.append(load.rate)
    shipped, played = (statistics.median(rates) for rates in found.values())
    ratio = statistics.median(b / a for a, b in zip(*found.values(), strict=True))
    told = (
        f"A recording of the shipped backend gives out {played:,.0f} tasks a second, the backend itself {shipped:,.0f}"
    )
    return f"{told} ({ratio:.2f})."


def _signed_in(port: int, steering: int) -> str:
    """Sign in there; a session's token, of the devkit that is steered at the other port."""
    user = "test@example.com"
    ask(port, "POST", "/api/auth/login", {"email": user, "password": "TestPass123!"})
    return str(ask(steering, "POST", "/_devkit/api/tokens", {"user": user})["token"])


def _started(
    stack: contextlib.ExitStack, folder: Path, proxies: list[Proxy], target: int, part: str, ready: str
) -> dict[str, Server]:
    found = {}
    for number, proxy in enumerate(proxies):
        own, port = folder / f"{part}{number}", free_port()
        own.mkdir()
        command = proxy.command(port, target, own)
        if shutil.which(command[0]) is None or not all(Path(word).exists() for word in command[1:2] if "/" in word):
            print(f"{proxy.name} cannot be had", file=sys.stderr)
            continue
        found[proxy.name] = stack.enter_context(serving(command, port, ready, cwd=own, env=environment()))
    return found


def _table(proxies: list[Proxy], rates: Figures, bulk: Figures) -> str:
    columns = ["requests a second, 6 kB", "added to the median at one connection", "1 GiB up", "an event's way"]
    lines = []
    for proxy in proxies:
        cells = [
            _told(rates, proxy.name, "rate", "{:,.0f}/s"),
            _told(rates, proxy.name, "added", "{:,.0f} µs"),
            _told(bulk, proxy.name, "up", "{:,.0f} MB/s"),
            _told(bulk, proxy.name, "event", "{:,.0f} µs"),
        ]
        lines.append([proxy.name, *cells])
    return report.table(["in front of nginx", *columns], lines)


def _told(figures: Figures, name: str, what: str, form: str) -> str:
    if not figures[name, what]:
        return "–"
    told = form.format(statistics.median(figures[name, what]))
    if name == OURS or not figures[OURS, what]:
        return told
    ratios = [a / b for a, b in zip(figures[OURS, what], figures[name, what], strict=False) if b > 0]
    return f"{told} ({statistics.median(ratios):.2f})" if ratios else told


if __name__ == "__main__":
    main()
