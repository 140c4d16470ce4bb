"""A soak: a server under mixed load for an hour, and what it holds, minute by minute.

`python -m tests.reliability.soak` first fills what is bounded (journals, kept answers, drills), then goes on at a
moderate rate, and prints a line each minute: the process's memory, what the C library has given out of it, how many
blocks Python has, what devkit says that it remembers. At the end it compares the last minutes with those behind the
warming up, and names the kinds of objects that there are more of. `--minutes` and `--rate` (steps a second) say how
long and how much.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import gc
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from devkit.effects import Randomness
from tests.process import environment

EMAIL, PASSWORD = "test@example.com", "TestPass123!"
WARM = 2
"""Minutes of warming up, at `BURST` times the rate: what is bounded gets full."""
BURST = 5
DRILLS = 100
"""That many are kept by a server."""
STEPPING = 20
"""Steps that are under way at once, at the most."""
SCENARIOS = ("flaky", "slow-api", "server-errors", "stale-reads", "truncated-json", "pagination-drift", "rate-limited")
NAMES = tuple(f"w{number}" for number in range(4))


class _MallInfo(ctypes.Structure):
    """What glibc's `mallinfo2` gives back: bytes in use by small and by large blocks among them."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keep",
        )
    )


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def held() -> dict[str, Any]:
    """What this process holds: bytes, and numbers of objects."""
    status = Path("/proc/self/status").read_text()
    memory = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))
    kinds: Counter[str] = Counter()
    for one in gc.get_objects():
        kind = type(one)
        if kind.__module__.startswith(("devkit", "aiohttp", "_asyncio")):
            kinds[f"{kind.__module__}.{kind.__qualname__}"] += 1
    found: dict[str, Any] = {
        "rss": memory,
        "blocks": sys.getallocatedblocks(),
        "kinds": dict(kinds.most_common(400)),
    }
    with contextlib.suppress(AttributeError):
        mallinfo = ctypes.CDLL(None).mallinfo2
        mallinfo.restype = _MallInfo
        info = mallinfo()
        found |= {"malloc": info.uordblks + info.hblkhd, "malloc_free": info.fordblks}
    return found


def serve() -> None:
    """`devkit serve` in this process; for each line on standard input, a line of what it holds to descriptor 3."""

    def answer() -> None:
        with os.fdopen(3, "w") as out:
            for line in sys.stdin:
                if line.startswith("trim"):
                    ctypes.CDLL(None).malloc_trim(0)
                out.write(json.dumps(held()) + "\n")
                out.flush()
        # Nobody asks any more.
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=answer, daemon=True).start()
    from devkit.cli.app import main

    sys.argv = ["devkit", "serve", "--port", "0", "--json"]
    main()


class Server:
    """The process that is soaked."""

    def __init__(self, folder: Path) -> None:
        mine, its = os.pipe()
        # Descriptor 3 in the new process, whatever it is here.
        shell = f'exec "$0" -m tests.reliability.soak --serve 3>&{its}'
        self._log = (folder / "server.log").open("wb")
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", shell, sys.executable],
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=(folder / "server.err").open("wb"),
            pass_fds=[its],
        )
        os.close(its)
        self._told = os.fdopen(mine)
        self._lines = folder / "server.log"
        self.errors = folder / "server.err"

    def url(self) -> str:
        """Its address, once it is ready."""
        while self._process.poll() is None:
            first, ended, _ = self._lines.read_text().partition("\n")
            if ended:
                # The log is no part of what is looked at, and would grow for an hour.
                return str(json.loads(first)["url"])
            time.sleep(0.05)
        raise SystemExit(f"The server did not start: {self.errors.read_text()}")

    def held(self, *, trimmed: bool = False) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(b"trim\n" if trimmed else b"\n")
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._told.readline())
        os.truncate(self._lines, 0)
        return found

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> int:
        self._process.terminate()
        return self._process.wait(timeout=20)


class Load:
    """Steps of all kinds, drawn in an order that is the same each time."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self._url, self._http, self._chance = url, http, Randomness(1, "soak")
        self._names = tuple(name for name, share in self.STEPS for _ in range(share))
        self._tokens: dict[str, str] = {}
        self._lock = asyncio.Lock()
        self.running: asyncio.Task[None] | None = None
        self.done: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()

    STEPS: tuple[tuple[str, int], ...] = (
        ("read", 40), ("write", 20), ("upload", 4), ("socket", 5), ("chat", 5), ("sandbox", 2), ("scenario", 3),
        ("strange", 6), ("control", 5), ("sign_in", 1), ("reset", 1), ("snapshot", 1), ("drill", 1), ("leave", 2),
    )  # fmt: skip

    async def step(self) -> None:
        name = self._one_of(self._names)
        run: Callable[[], Awaitable[None]] = getattr(self, name)
        try:
            async with asyncio.timeout(30):
                await run()
            self.done[name] += 1
        except (aiohttp.ClientError, TimeoutError, ValueError, LookupError) as error:
            # Faults are on now and then, and what was reset meanwhile is gone.
            self.done[f"{name}: {type(error).__name__}"] += 1

    async def go_on(self, seconds: float) -> None:
        """Return after so many seconds; raises what ends the load."""
        assert self.running is not None
        if (await asyncio.wait({self.running}, timeout=seconds))[0]:
            self.running.result()

    async def memory(self) -> dict[str, Any]:
        """What the server says that it remembers."""
        found: dict[str, Any] = await self._control("GET", "/memory")
        return found

    async def fill(self) -> None:
        """As many drills as are kept."""
        for _ in range(DRILLS):
            await self._drill(fresh=False)

    def _draw(self, below: int) -> int:
        return self._chance.integer(0, below - 1)

    def _one_of(self, some: Sequence[str]) -> str:
        return some[self._draw(len(some))]

    async def _call(self, method: str, path: str, sandbox: str = "main", **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {await self._token(sandbox)}", "X-Devkit-Sandbox": sandbox}
        headers |= options.pop("headers", {})
        async with self._http.request(method, self._url + path, headers=headers, **options) as answer:
            self.statuses[str(answer.status)] += 1
            if answer.status == 401:
                self._tokens.pop(sandbox, None)
            body = await answer.read()
            return json.loads(body) if "json" in answer.content_type else body

    async def _token(self, sandbox: str) -> str:
        async with self._lock:
            if sandbox not in self._tokens:
                self._tokens[sandbox] = (await self._control("POST", "/tokens", sandbox, json={"user": EMAIL}))["token"]
            return self._tokens[sandbox]

    async def _control(self, method: str, path: str, sandbox: str = "main", **options: Any) -> Any:
        given = {"headers": {"X-Devkit-Sandbox": sandbox}, **options}
        async with self._http.request(method, f"{self._url}/_devkit/api{path}", **given) as answer:
            return await answer.json()

    async def read(self) -> None:
        draw = self._draw
        path = f"/api/tasks?limit={draw(99) + 1}&page={draw(3) + 1}"
        found = await self._call("GET", self._one_of([path, path, "/api/tasks", "/api/auth/me", "/auth/me"]))
        for task in found.get("data", [])[:2]:
            await self._call("GET", f"/api/tasks/{task['id']}")

    async def write(self) -> None:
        task = await self._call("POST", "/api/tasks", json={"title": "Soaked", "description": "x" * 300})
        await self._call("PATCH", f"/api/tasks/{task['id']}", json={"completed": True})
        await self._call("DELETE", f"/api/tasks/{task['id']}")

    async def upload(self) -> None:
        form = aiohttp.FormData()
        form.add_field("file", os.urandom(self._draw(1_000_000) + 1_000), filename="soak.bin")
        made = await self._call("POST", "/api/uploads", data=form)
        await self._call("GET", f"/api/uploads/{made['id']}/content")
        await self._call("DELETE", f"/api/uploads/{made['id']}")

    async def socket(self) -> None:
        address = f"{self._url}/ws?token={await self._token('main')}"
        async with self._http.ws_connect(address) as socket:
            await socket.receive(timeout=10)
            await socket.send_json({"type": "subscribe", "topics": ["tasks", "notifications"]})
            for _ in range(self._draw(5) + 1):
                await socket.receive(timeout=10)
                await self._call("POST", "/api/tasks", json={"title": "Heard"})

    async def chat(self) -> None:
        asked = {"model_id": "llama2", "prompt": f"What about {self._draw(50)}?", "stream": True}
        await self._call("POST", "/api/chat/completions", json=asked)

    async def sandbox(self) -> None:
        made = await self._control("POST", "/sandboxes", json={"ttl": "5m", "scenarios": ["flaky"]})
        name = made["id"]
        for _ in range(5):
            with contextlib.suppress(aiohttp.ClientError, ValueError):
                await self._call("GET", "/api/tasks?limit=50", name)
        self._tokens.pop(name, None)
        await self._control("DELETE", f"/sandboxes/{name}")

    async def scenario(self) -> None:
        name = self._one_of(NAMES)
        scenario = self._one_of(SCENARIOS)
        await self._control("POST", f"/scenarios/{scenario}/use", name)
        for _ in range(4):
            with contextlib.suppress(aiohttp.ClientError, ValueError):
                await self._call("GET", "/api/tasks?limit=5", name)
        await self._control("DELETE", "/active", name)

    async def make(self, name: str) -> None:
        await self._control("POST", "/sandboxes", json={"id": name})

    async def strange(self) -> None:
        """What is long, what nobody serves, what cannot be read."""
        draw = self._draw
        await self._call("GET", f"/api/nobody/{draw(10**9)}?{'q' * draw(60_000)}")
        await self._call("GET", "/api/tasks", headers={"X-Long": "y" * draw(12_000), "X-Number": str(draw(10**9))})
        await self._call(
            "POST", "/api/tasks", data=b"{" * (draw(2_000) + 1), headers={"Content-Type": "application/json"}
        )

    async def control(self) -> None:
        found = await self._control("GET", f"/journal?limit={self._draw(300) + 1}")
        await self._control("GET", f"/journal/{found['data'][0]['number']}")
        await self._control("GET", "/status")
        await self._control("GET", "/mail")

    async def sign_in(self) -> None:
        async with self._http.post(
            f"{self._url}/api/auth/login", json={"email": EMAIL, "password": PASSWORD}, headers={"Cookie": ""}
        ) as answer:
            await answer.read()

    async def reset(self) -> None:
        # The main one seldom: its journal shall be full.
        sandbox = self._one_of((*NAMES * 10, "main"))
        await self._control("POST", "/reset", sandbox)
        self._tokens.pop(sandbox, None)

    async def snapshot(self) -> None:
        await self._control("PUT", "/snapshots/soak")
        await self._control("POST", "/snapshots/soak/restore")
        self._tokens.pop("main", None)
        await self._control("DELETE", "/snapshots/soak")

    async def drill(self) -> None:
        await self._drill(fresh=self._draw(2) == 0)

    async def _drill(self, *, fresh: bool) -> None:
        wanted = {"fresh": True} if fresh else {"sandbox": NAMES[0]}
        started = await self._control("POST", "/drills", json={"scenario": "server-errors", "timeout": "2s"} | wanted)
        name = started["sandbox"]["id"]
        for _ in range(5):
            with contextlib.suppress(aiohttp.ClientError, ValueError):
                await self._call("GET", "/api/tasks", name)
        await self._control("POST", f"/drills/{started['id']}/finish")
        if fresh:
            await self._control("DELETE", f"/drills/{started['id']}")
            self._tokens.pop(name, None)

    async def leave(self) -> None:
        """A client that goes while it is answered."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.02):
                await self.chat()


async def soak(minutes: int, rate: float) -> int:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        url = await asyncio.to_thread(server.url)
        say(f"{url}; KiB of journals, answers, data, drills:")
        say("minute  RSS MiB  malloc MiB  free MiB    blocks  CPU s  journals  answers    data  drills  boxes    steps")
        rows: list[dict[str, Any]] = []
        async with _loading(url, rate) as load:
            for minute in range(1, minutes + 1):
                await load.go_on(60)
                row = await asyncio.to_thread(server.held) | {"memory": await load.memory()}
                rows.append(row)
                memory, malloc, free = (row.get(name, 0) / 2**20 for name in ("rss", "malloc", "malloc_free"))
                say(
                    f"{minute:6}  {memory:7.1f}  {malloc:10.1f}  {free:8.1f}  {row['blocks']:8}  "
                    f"{server.processor_seconds():5.0f}  {_kibibytes(row['memory'])}  {load.done.total():7}"
                )
        say(f"\nSteps: {dict(load.done.most_common())}")
        say(f"Statuses: {dict(load.statuses.most_common())}")
        _compare(rows)
        await asyncio.sleep(5)
        last = await asyncio.to_thread(server.held, trimmed=True)
        say(f"When nothing calls any more, and freed memory is given back: {last['rss'] / 2**20:.1f} MiB")
        problems = server.errors.read_text().strip()
        if problems:
            say(f"It said:\n{problems[-3_000:]}")
        status = await asyncio.to_thread(server.stop)
        return status or bool(problems)


def _kibibytes(memory: dict[str, Any]) -> str:
    sizes = {one["name"]: one["size"] // 1024 for one in memory["kinds"]}
    columns = (("journals", 8), ("kept answers", 7), ("data of sandboxes", 6), ("drills", 6))
    return "  ".join(f"{sizes[name]:{width}}" for name, width in columns) + f"  {memory['sandboxes']:5}"


def _compare(rows: list[dict[str, Any]]) -> None:
    """Say what grew from the minutes behind the warming up to the last ones."""
    early, late = rows[WARM : WARM + 3], rows[-3:]
    if len(rows) < WARM + 6:
        return
    for name in ("rss", "malloc", "blocks"):
        before, after = (statistics.median(row.get(name, 0) for row in part) for part in (early, late))
        if before:
            say(f"{name}: {before:,.0f} → {after:,.0f} ({(after / before - 1) * 100:+.1f} %)")
    first, last = early[0]["kinds"], late[-1]["kinds"]
    grown = sorted(((count - first.get(kind, 0), kind) for kind, count in last.items()), reverse=True)
    for more, kind in grown[:12]:
        if more > 0:
            say(f"  {kind}: {first.get(kind, 0)} → {last[kind]}")


@contextlib.asynccontextmanager
async def _loading(url: str, rate: float) -> AsyncIterator[Load]:
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
    ) as http:
        load, begun = Load(url, http), time.monotonic()

        async def run() -> None:
            for name in NAMES:
                await load.make(name)
            await load.fill()
            room = asyncio.Semaphore(STEPPING)
            async with asyncio.TaskGroup() as group:
                while True:
                    await room.acquire()
                    group.create_task(load.step()).add_done_callback(lambda _: room.release())
                    warming = time.monotonic() - begun < WARM * 60
                    await asyncio.sleep(1 / (rate * BURST if warming else rate))

        load.running = asyncio.create_task(run())
        try:
            yield load
        finally:
            load.running.cancel()
            await asyncio.wait({load.running})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--rate", type=float, default=12.0, help="steps a second, of one to five calls each")
    given = parser.parse_args()
    if given.serve:
        serve()
    else:
        sys.exit(asyncio.run(soak(given.minutes, given.rate)))
