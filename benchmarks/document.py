"""A large document of somebody else's, GitHub's with its 1,223 operations: `python -m benchmarks.document`.

What devkit and Prism hold after many requests of all kinds; and what it costs to have a thousand operations and not
thirty.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import random  # noqa: TID251 - requests of a benchmark
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from benchmarks import report
from benchmarks.load import Server, free_port, serving, wrk
from benchmarks.peers import cache, install, prism, prism_version
from benchmarks.run import SCRIPT
from benchmarks.subject import devkit, environment
from devkit.blueprint.base import Planned
from devkit.blueprint.documents.loading import load
from devkit.schemas.base import Json, Schema
from devkit.schemas.checking import Checker
from devkit.schemas.making import Maker
from devkit.schemas.merging import Unsatisfiable

PACKAGE, NAME = "@octokit/openapi@23.0.2", "api.github.com.json"
REQUESTS = 10_000
FEW, MANY, ADDRESSES = 30, 1_000, 6_000
Request = tuple[str, str, bytes]
"""Method, path and a JSON body, or none."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds of the routing (default 5)")
    parser.add_argument("--seconds", type=float, default=2, help="seconds of load for each figure (default 2)")
    parser.add_argument("--requests", type=int, default=REQUESTS, help="mixed requests to each server")
    parser.add_argument("--dry", action="store_true", help="print the tables, leave docs/performance.md as it is")
    chosen = parser.parse_args()
    install()
    path = fetched()
    told = [held(path, chosen.requests), routed(chosen.rounds, chosen.seconds), f"{report.machine()}."]
    text = "\n\n".join(told)
    print(text)
    if not chosen.dry:
        report.publish("document", text, {})


def fetched() -> Path:
    """GitHub's document, brought by npm once."""
    folder = cache() / "github"
    path = folder / NAME
    if not path.exists():
        folder.mkdir(exist_ok=True)
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        archive = next(folder.glob("*.tgz"))
        wanted = f"package/generated/{NAME}"
        subprocess.run(["tar", "xzf", archive.name, "--strip-components=2", wanted], cwd=folder, check=True)
        archive.unlink()
    return path


def held(path: Path, count: int) -> str:
    """Resident memory of both after the same requests, one after the other."""
    asked = mixed(path, count)
    lines, sizes = [], {}
    with tempfile.TemporaryDirectory() as name:
        port = free_port()
        ours = devkit("serve", "--port", str(port), "--contract", str(path))
        for called in ("devkit, first start", "devkit, later ones"):
            with serving(ours, port, "/meta", patience=180, cwd=Path(name), env=environment()) as server:
                sizes[called] = _asked(called, server, asked, lines)
    port = free_port()
    with serving(prism(port, str(path)), port, "/meta", patience=180) as server:
        called = f"Prism {prism_version()}"
        sizes[called] = _asked(called, server, asked, lines)
    first, later, theirs = sizes.values()
    table = report.table(["", "at the start", f"after {count:,} requests", "answered with success"], lines)
    ratios = f"{first / theirs:.2f} × Prism's, and {later / theirs:.2f} × from the second start on"
    return f"{table}\n\ndevkit's memory then is {ratios}."


def _asked(name: str, server: Server, asked: Sequence[Request], lines: list[list[str]]) -> float:
    """What the server has afterwards, in MB; a line of the table about it is added."""
    before = server.rss
    print(f"asking {name}", file=sys.stderr, flush=True)
    good = sum(200 <= status < 400 for status in _statuses(server.port, asked))
    after = server.rss
    lines.append([name, f"{before:.0f} MB", f"{after:.0f} MB", f"{good / len(asked):.0%}"])
    return after


def _statuses(port: int, asked: Sequence[Request]) -> Iterator[int]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    for method, path, body in asked:
        headers = {"Authorization": "Bearer x", **({"Content-Type": "application/json"} if body else {})}
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            answer.read()
        except (http.client.HTTPException, OSError):
            connection.close()
            yield 0
        else:
            yield answer.status
    connection.close()


def mixed(path: Path, count: int) -> list[Request]:
    """Valid requests of all operations, drawn at random, the same each time."""
    blueprint, drawn = load(path), random.Random(1)
    maker = Maker(Checker(blueprint.components, "readOnly"), 0, 0)
    # A document's own words for a body are in JSON; what takes files is left out.
    able = [one for one in blueprint.operations if one.shape.body is None or _json(one) is not None]
    return [_request(drawn.choice(able), blueprint.base, maker, number) for number in range(count)]


def _json(operation: Planned) -> Schema | None:
    body = operation.shape.body
    return body.media.get("application/json") if body else None


def _request(operation: Planned, base: str, maker: Maker, number: int) -> Request:
    path, query = operation.path, []
    for parameter in operation.shape.parameters:
        if parameter.place == "path":
            value = quote(str(_value(maker, parameter.schema, f"{parameter.name}{number % 50}")), safe="")
            path = path.replace(f"{{{parameter.name}}}", value or "1")
        elif parameter.place == "query" and parameter.required:
            query.append((parameter.name, str(_value(maker, parameter.schema, parameter.name))))
    schema = _json(operation)
    body = b"" if schema is None else json.dumps(_value(maker, schema, f"{operation.id}{number % 5}")).encode()
    return operation.method, base + path + (f"?{urlencode(query)}" if query else ""), body


def _value(maker: Maker, schema: Schema, key: str) -> Json:
    try:
        return maker.value(schema, key)
    except Unsatisfiable:
        return "1"


def routed(rounds: int, seconds: float) -> str:
    """What answers cost among few operations and among many: as many addresses of each, spread over all of them."""
    with contextlib.ExitStack() as stack:
        servers = {count: stack.enter_context(_operations(count)) for count in (FEW, MANY)}
        rates: dict[int, list[float]] = {count: [] for count in servers}
        for number in range(rounds + 1):
            for count, (port, given) in servers.items():
                load = wrk(port, SCRIPT, seconds=seconds, KIND="paths", SEED=str(number), **given)
                if load.failed:
                    raise SystemExit(f"{count} operations: {load.failed} answers were no success")
                # The first round warms up.
                if number:
                    rates[count].append(load.rate)
    ratios = [few / many for few, many in zip(rates[FEW], rates[MANY], strict=True)]
    lines = [[f"{count:,}", report.spread(found)] for count, found in rates.items()]
    table = report.table(["operations", "requests a second"], lines)
    return f"{table}\n\nAn answer among {MANY:,} operations costs {statistics.median(ratios):.2f} × one among {FEW}."


@contextlib.contextmanager
def _operations(count: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """A server of so many operations: its port, and what wrk's script is told."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        lines = [
            f'  thing{number}: {{GET: "/area{number}/things/{{id}}", answer: {{area: {number}, id: "{{path.id}}"}}}}\n'
            for number in range(count)
        ]
        (folder / "backend.yaml").write_text("contract: things\noperations:\n" + "".join(lines))
        asked = "".join(f"/area{number % count}/things/{number}\n" for number in range(ADDRESSES))
        (folder / "paths").write_text(asked)
        command = devkit("serve", "--port", str(port), "--contract", "backend.yaml")
        with serving(command, port, "/area0/things/0", cwd=folder, env=environment()):
            yield port, {"PATHS": str(folder / "paths")}


if __name__ == "__main__":
    main()
