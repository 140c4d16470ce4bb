"""What the scenario engine costs a request that no fault touches, as a ratio within this run."""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from devkit.config import Settings
from devkit.scenario.model import Scenario
from devkit.server.hosting.app import App, running

ROUNDS, SECONDS, CONNECTIONS = 7, 1.0, 8
RULES = (0, 10, 1000)


async def main() -> None:
    with TemporaryDirectory() as folder:
        settings = Settings(port=0, memory=True, state_dir=Path(folder))
        async with running(settings) as (app, ready):
            request = await signed_in(ready.port)
            await measure(ready.port, request)
            rates: dict[int, list[float]] = {count: [] for count in RULES}
            for _ in range(ROUNDS):
                for count in RULES:
                    await idle(app, count)
                    rates[count].append(await measure(ready.port, request))
    base = statistics.median(rates[0])
    print("| what | requests a second | ratio |\n| --- | --- | --- |")
    for count in RULES:
        rate = statistics.median(rates[count])
        print(f"| {f'{count:,} idle rules' if count else 'no scenario'} | {rate:,.0f} | {rate / base:.2f} |")


async def idle(app: App, count: int) -> None:
    """Switch on a scenario whose rules all mean another operation."""
    engine = app.sandboxes.main.sandbox.engine
    await engine.off_all()
    if count:
        fault = {"type": "http.abort", "status": 503}
        rules = [{"id": f"r{number}", "match": {"operation": "auth.me"}, "fault": fault} for number in range(count)]
        await engine.use(Scenario.model_validate({"name": "idle", "title": "Idle", "rules": rules}))


async def signed_in(port: int) -> bytes:
    """The bytes of a request for a page of tasks, with a session."""
    body = b'{"email": "test@example.com", "password": "TestPass123!"}'
    head = f"POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{head}\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n".encode() + body)
    answer = (await reader.read()).decode()
    writer.close()
    token = answer.partition("auth-token=")[2].partition(";")[0]
    return f"GET /api/tasks?limit=20 HTTP/1.1\r\nHost: localhost\r\nCookie: auth-token={token}\r\n\r\n".encode()


async def measure(port: int, request: bytes) -> float:
    """Requests a second, over some connections that each wait for their answer."""
    until = time.perf_counter() + SECONDS
    counts = await asyncio.gather(*(client(port, request, until) for _ in range(CONNECTIONS)))
    return sum(counts) / SECONDS


async def client(port: int, request: bytes, until: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    count = 0
    while time.perf_counter() < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        await reader.readexactly(int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]))
        count += 1
    writer.close()
    return count


if __name__ == "__main__":
    asyncio.run(main())
