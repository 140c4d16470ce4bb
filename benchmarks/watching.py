"""What the watch costs: processor time of a server for each answer, with it and without, in turns; and its memory."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from benchmarks.idle_rules import signed_in
from benchmarks.load import free_port, serving
from benchmarks.subject import devkit, environment

ROUNDS, REQUESTS, CONNECTIONS = 5, 1_600, 8


async def main() -> None:
    with TemporaryDirectory() as folder:
        on, off = free_port(), free_port()
        told = environment() | {"DEVKIT_SCENARIO_DIR": folder}
        with (
            serving(
                _command(on), on, "/api/health", cwd=Path(folder), env=told | {"DEVKIT_CONTRACT_WATCH": "on"}
            ) as one,
            serving(
                _command(off), off, "/api/health", cwd=Path(folder), env=told | {"DEVKIT_CONTRACT_WATCH": "off"}
            ) as other,
        ):
            await asyncio.sleep(2)
            idle = one.rss, other.rss
            requests = {on: await signed_in(on), off: await signed_in(off)}
            costs: dict[int, list[float]] = {on: [], off: []}
            for _ in range(ROUNDS):
                for port, server in ((on, one), (off, other)):
                    costs[port].append(await measure(port, server.pid, requests[port]))
            ratio = statistics.median(a / b for a, b in zip(costs[on][1:], costs[off][1:], strict=True))
            print("| what | with | without | ratio |\n| --- | --- | --- | --- |")
            each = [statistics.median(costs[port][1:]) * 1e6 for port in (on, off)]
            print(
                f"| processor time of an answer that is made anew | {each[0]:.0f} µs | {each[1]:.0f} µs | {ratio:.3f} |"
            )
            for what, (with_it, without) in {"memory, idle": idle, "memory, after all": (one.rss, other.rss)}.items():
                print(f"| {what} | {with_it:.1f} MB | {without:.1f} MB | {with_it / without:.3f} |")


def _command(port: int) -> list[str]:
    return devkit("serve", "--memory", "--port", str(port))


async def measure(port: int, pid: int, request: bytes) -> float:
    """Seconds of the server's processor time for each of many requests, none of which has a kept answer."""
    process = psutil.Process(pid)
    before = sum(process.cpu_times()[:2])
    await asyncio.gather(*(client(port, request, number) for number in range(CONNECTIONS)))
    return (sum(process.cpu_times()[:2]) - before) / REQUESTS


async def client(port: int, request: bytes, number: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(REQUESTS // CONNECTIONS):
        # A search is an address of its own each time.
        search = f"limit=20&search={os.urandom(3).hex()[: number % 3 + 2]}".encode()
        writer.write(request.replace(b"limit=20", search))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        await reader.readexactly(int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]))
    writer.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
