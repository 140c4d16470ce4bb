"""Whatever a schema allows, sent to each operation: Schemathesis' work, with a session of ours, told as checks."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

import orjson

from devkit.dialects.openapi.document import document
from devkit.errors import OperatorError, UsageError
from devkit.verify.base import Check
from devkit.verify.case import Case, World
from devkit.verify.report import Result
from devkit.verify.visitor import Visitor

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
"""What it judges by. Its others take a documented 4xx for a mistake of the backend's."""

EXAMPLES = 20
"""Calls to each operation in each of its phases."""

_ENDING = (
    "sessions.logout", "sessions.revoke", "session_tokens.revoke", "session_tokens.revoke_all", "accounts.delete",
    "accounts.change_password", "accounts.reset",
)  # fmt: skip
"""Keepers of what would end the session that all calls are made with, or lock its user out."""


def require() -> None:
    """Raises UsageError where Schemathesis is not installed."""
    if find_spec("schemathesis") is None:
        raise UsageError(
            "--fuzz is Schemathesis' work, which is not installed.",
            remedy="`pip install 'devkit-mock[fuzz]'` brings it along.",
        )


async def fuzz(world: World, *, read_only: bool) -> list[Result]:
    """A result for each operation. Raises OperatorError where Schemathesis itself fails."""
    case = Case(world)
    visitor = await case.fresh() if world.accounts and world.target.login is not None else case.visitor()
    try:
        with TemporaryDirectory(prefix="devkit-fuzz-") as folder:
            told = await _run(world, visitor, Path(folder), read_only=read_only)
    finally:
        await case.clean()
    return await asyncio.to_thread(_results, told)


def _options(world: World, visitor: Visitor, report: Path, *, read_only: bool) -> Iterator[str]:
    target = world.target
    yield from ("--url", target.root + target.base, "--checks", ",".join(CHECKS), "--max-examples", str(EXAMPLES))
    yield from ("--phases", "examples,coverage,fuzzing", "--report", "junit", "--report-junit-path", str(report))
    yield from ("--no-color", "--warnings", "off", "--generation-database", "none", "--continue-on-failure")
    if visitor.token:
        yield from ("--header", f"Authorization: Bearer {visitor.token}")
    elif cookies := visitor.jar.header("/"):
        yield from ("--header", f"Cookie: {cookies}")
    if target.door.context is not None and not target.door.context.check_hostname:
        yield from ("--tls-verify", "false")
    for route in target.routes:
        if route.operation.keeper in _ENDING:
            yield from ("--exclude-path", route.path)
    if read_only:
        yield from ("--include-method", "GET")


async def _run(world: World, visitor: Visitor, folder: Path, *, read_only: bool) -> bytes:
    schema, report = folder / "openapi.json", folder / "junit.xml"
    written = orjson.dumps(document((world.target.dialect,), server_url=world.target.root))
    await asyncio.to_thread(schema.write_bytes, written)
    beside = Path(sys.executable).with_name("schemathesis")
    program = str(beside) if beside.exists() else shutil.which("schemathesis") or "schemathesis"
    options = _options(world, visitor, report, read_only=read_only)
    process = await asyncio.create_subprocess_exec(
        program, "run", str(schema), *options, cwd=folder,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if not await asyncio.to_thread(report.exists):
        last = said.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise OperatorError(f"Schemathesis ended with {process.returncode}, and without a report: {last}")
    return await asyncio.to_thread(report.read_bytes)


def _results(told: bytes) -> list[Result]:
    """From its JUnit XML: a case is an operation, and a failure of it all that was found there."""
    why = f"the contract's schemas, by Schemathesis {metadata.version('schemathesis')}"
    return [_result(case, why) for case in ET.fromstring(told).iter("testcase")]  # noqa: S314 - of a program of ours


def _result(case: ET.Element, why: str) -> Result:
    name = case.get("name", "")
    asks = f"Does {name} keep its promise, whatever its schema allows?"
    check = Check(id=f"fuzz.{name}", asks=asks, why=why, run=_asked)
    skipped, verdict, text = case.find("skipped"), "passed", ""
    if found := [*case.iter("failure"), *case.iter("error")]:
        verdict = "failed" if case.find("failure") is not None else "inconclusive"
        text = "\n".join((one.text or one.get("message") or "").strip() for one in found)
    elif skipped is not None:
        verdict, text = "skipped", skipped.get("message") or "no case of it was called"
    seconds = float(case.get("time") or 0)
    return Result(check=check, verdict=verdict, reason=text, seconds=seconds)  # type: ignore[arg-type]


async def _asked(_: Case) -> None:
    """It was asked by Schemathesis."""
