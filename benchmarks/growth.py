"""`python -m benchmarks.growth`: what devkit costs as its work grows, into docs/performance.md.

Each part can be run alone: rows, users, rules, sandboxes, journal, large, memory, sockets, uploads.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import fanout, report, subject, upload
from benchmarks.load import Load, ask, wrk

SCRIPT = Path(__file__).parent / "requests.lua"
LARGE = {
    "page 1": "/api/tasks?page=1&limit=20",
    "page 50": "/api/tasks?page=50&limit=20",
    "filtered": "/api/tasks?completed=false&priority=high",
    "sorted by due date": "/api/tasks?sort=dueDate",
    "sorted by priority": "/api/tasks?sort=-priority",
    "sorted by title": "/api/tasks?sort=title",
    "searched": "/api/tasks?q=report",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which (default: all but large)")
    parser.add_argument("--seconds", type=float, default=2, help="seconds of load for each figure (default 2)")
    parser.add_argument("--large", type=int, default=10_000, help="users of the part `large`, 1,000 tasks each")
    parser.add_argument("--dry", action="store_true", help="print, leave docs/performance.md as it is")
    chosen = parser.parse_args()
    for name in chosen.parts or [name for name in PARTS if name != "large"]:
        print(f"measuring {name}", file=sys.stderr, flush=True)
        text = PARTS[name](chosen)
        print(text, "\n")
        if not chosen.dry:
            report.publish(name, text, {})


def load(found: subject.Subject, seconds: float, kind: str = "list", **more: str) -> Load:
    return wrk(found.server.port, SCRIPT, seconds=seconds, **{**found.environment, "KIND": kind, **more})


def rows_per_user(chosen: argparse.Namespace) -> str:
    lines = []
    for users, tasks in ((100, 10), (100, 100), (100, 1_000), (20, 10_000), (5, 100_000)):
        with subject.running(users, tasks, fresh=False) as found:
            first = _paths(found, "/api/tasks?page=1&limit=20", chosen.seconds)
            deep = _paths(found, f"/api/tasks?page={max(1, tasks // 40)}&limit=20", chosen.seconds)
            lines.append([f"{tasks:,}", f"{first.p50:.0f} µs", f"{deep.p50:.0f} µs", f"{first.rate:,.0f}"])
    return report.table(["tasks per user", "p50, page 1", "p50, middle page", "page 1 a second"], lines)


def users(chosen: argparse.Namespace) -> str:
    lines = []
    for count in (10, 100, 1_000, 10_000, 100_000):
        with subject.running(count, 20, fresh=False, sessions=200) as found:
            measured = load(found, chosen.seconds, LIST="/api/tasks?limit=20&of={page}")
            lines.append([f"{count:,}", f"{measured.p50:.0f} µs", f"{found.server.cold * 1000:.0f} ms"])
    return report.table(["users", "p50", "start"], lines)


def rules(chosen: argparse.Namespace) -> str:
    lines: list[list[str]] = []
    with subject.running(20, 1_000) as found:
        rates: dict[int, list[float]] = {0: [], 10: [], 1_000: []}
        for _ in range(11):
            for count, into in rates.items():
                _idle_rules(found.server.port, found.database.parent, count)
                into.append(load(found, chosen.seconds, "page").rate)
        base = statistics.median(rates[0])
        for count, into in rates.items():
            lines.append([f"{count:,}", report.spread(into), f"{statistics.median(into) / base:.2f}"])
    return report.table(["idle rules", "requests a second", "ratio"], lines)


def sandboxes(chosen: argparse.Namespace) -> str:
    lines = []
    with subject.running(20, 1_000) as found:
        port, made, before = found.server.port, 0, found.server.rss
        for count in (1, 50, 200):
            times = []
            while made < count:
                begun = time.perf_counter()
                ask(port, "POST", "/_devkit/api/sandboxes", {"id": f"b{made}"})
                times.append(time.perf_counter() - begun)
                made += 1
            measured = load(found, chosen.seconds, "page")
            each = (found.server.rss - before) / count
            cost = f"{statistics.median(times) * 1000:.1f} ms"
            lines.append([count, f"{measured.p50:.0f} µs", cost, f"{sum(times):.2f} s", f"{each:.2f} MB"])
    return report.table(["sandboxes", "p50 of a page", "to make one, median", "to make these", "memory each"], lines)


def journal(chosen: argparse.Namespace) -> str:
    lines = []
    with subject.running(20, 1_000) as found:
        total = 0
        for _ in range(6):
            measured = load(found, chosen.seconds * 2, "page")
            total += round(measured.rate * chosen.seconds * 2)
            lines.append([f"{total:,}", f"{measured.p50:.0f} µs", f"{found.server.rss:.0f} MB"])
    return report.table(["requests so far", "p50", "memory"], lines)


def memory(chosen: argparse.Namespace) -> str:
    """A million requests of all kinds."""
    lines = []
    with subject.running(20, 1_000, sessions=20) as found:
        time.sleep(2)
        lines.append(["idle", f"{found.server.rss:.0f} MB"])
        total = 0
        for goal in (100_000, 500_000, 1_000_000):
            while total < goal:
                kind = ("list", "page", "get")[total // 20_000 % 3]
                measured = load(found, 3, kind)
                total += round(measured.rate * 3)
            lines.append([f"{total:,} requests", f"{found.server.rss:.0f} MB"])
    return report.table(["after", "memory"], lines)


def large(chosen: argparse.Namespace) -> str:
    begun = time.perf_counter()
    path = subject.seeded(chosen.large, 1_000)
    took, rows = time.perf_counter() - begun, chosen.large * 1_000
    lines = [["tasks", f"{rows:,}"], ["database", f"{path.stat().st_size / 1e9:.2f} GB"]]
    if took > 1:
        lines.append(["seeding", f"{took:.0f} s, {rows / took:,.0f} rows a second"])
    _read_once(path)
    found_by: dict[str, list[Load]] = {name: [] for name in LARGE}
    raw = _raw_bytes(path)
    lines.append(["database to raw JSON", f"{path.stat().st_size / raw / rows:.2f}"])
    for sessions in (500, chosen.large):
        with subject.running(chosen.large, 1_000, fresh=False, sessions=sessions) as found:
            if sessions < chosen.large:
                lines.append(["start", f"{found.server.cold * 1000:.0f} ms"])
            # Everybody signs in once, and is then known.
            _paths(found, LARGE["page 1"], sessions / 1_000)
            for name, address in LARGE.items():
                found_by[name].append(_paths(found, address, chosen.seconds))
            memory = found.server.rss
    lines.append(["memory after all of it", f"{memory:.0f} MB"])
    times = [
        [name, *(f"p50 {load.p50 / 1000:.1f} ms, p95 {load.p95 / 1000:.1f} ms" for load in loads)]
        for name, loads in found_by.items()
    ]
    return "\n\n".join(
        [report.table(["", ""], lines), report.table(["", "500 users at random", "all users at random"], times)]
    )


def sockets(chosen: argparse.Namespace) -> str:
    with subject.running(20, 20, fresh=True, sessions=1) as found:
        token = Path(found.environment["TOKENS"]).read_text().split()[0]
        return fanout.measure(found.server, token)


def uploads(chosen: argparse.Namespace) -> str:
    with subject.running(20, 20, fresh=True, sessions=1) as found:
        token = Path(found.environment["TOKENS"]).read_text().split()[0]
        return upload.measure(found.server, token)


def _paths(found: subject.Subject, address: str, seconds: float) -> Load:
    """Load of one address, as users drawn at random."""
    return load(found, seconds, LIST=address.replace("%", "%%"))


def _read_once(path: Path) -> None:
    """Bring a file into memory: it is not the disk that is measured."""
    with path.open("rb") as file:
        while file.read(1 << 20):
            pass


def _raw_bytes(path: Path) -> float:
    """Bytes of a task as JSON, on average over a sample."""
    import sqlite3

    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    sample = connection.execute("SELECT avg(length(CAST(json AS BLOB))) FROM (SELECT json FROM tasks LIMIT 100000)")
    return float(sample.fetchone()[0])


def _idle_rules(port: int, folder: Path, count: int) -> None:
    """Switch on a scenario whose rules all mean another operation."""
    ask(port, "POST", "/_devkit/api/scenarios/off")
    if not count:
        return
    one = "  - {{id: r{0}, match: {{operation: auth.me}}, fault: {{type: http.abort, status: 503}}}}\n"
    (folder / "scenarios").mkdir(exist_ok=True)
    text = f"name: idle-{count}\ntitle: Idle\nrules:\n" + "".join(one.format(number) for number in range(count))
    (folder / "scenarios" / f"idle-{count}.yaml").write_text(text)
    time.sleep(1)  # the server follows the folder
    ask(port, "POST", f"/_devkit/api/scenarios/idle-{count}/use")


PARTS: dict[str, Callable[[argparse.Namespace], str]] = {
    "rows": rows_per_user,
    "users": users,
    "rules": rules,
    "sandboxes": sandboxes,
    "journal": journal,
    "memory": memory,
    "sockets": sockets,
    "uploads": uploads,
    "large": large,
}

if __name__ == "__main__":
    main()
