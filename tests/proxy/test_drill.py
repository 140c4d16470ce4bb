"""`devkit drill --upstream`: a scenario played in front of a real backend, and the verdict on who called it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from tests.process import environment
from tests.proxy.backend import backend

SCENARIO = """\
name: away
title: The orders are away for a moment
rules:
  - {id: gone, match: {method: GET, path: /orders/*}, when: {times: 1}, fault: {type: http.abort, status: 503}}
expect:
  - {id: again, title: Asks once more, calls: {match: {path: /orders/*}, at_least: 2}}
"""

PAGE = """\
import os, sys, urllib.error, urllib.request
for _ in range(int(sys.argv[1])):
    try:
        with urllib.request.urlopen(os.environ["DEVKIT_URL"] + "/orders/3") as answer:
            print(answer.read(), answer.headers["X-Devkit-Kept-By"])
    except urllib.error.HTTPError as error:
        print(error.code)
"""


def _drill(
    folder: Path, url: str, calls: int, name: str = "away", scenario: str = SCENARIO, page: str = PAGE
) -> subprocess.CompletedProcess[str]:
    (folder / "scenarios").mkdir(exist_ok=True)
    (folder / "scenarios" / f"{name}.yaml").write_text(scenario)
    (folder / "page.py").write_text(page)
    command = ["drill", "--upstream", url, name, "--", sys.executable, "page.py", str(calls)]
    return subprocess.run(
        [sys.executable, "-m", "devkit", *command],
        cwd=folder,
        env=environment(folder, DEVKIT_PORT="0"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


async def test_a_frontend_that_asks_again_passes_and_one_that_does_not_fails(tmp_path: Path) -> None:
    async with backend() as real:
        good = await asyncio.to_thread(_drill, tmp_path, real.url, 2)
        assert good.returncode == 0, good.stdout + good.stderr
        assert "PASSED" in good.stdout
        assert f"stands in front of {real.url}" in good.stderr
        assert "503" in good.stderr
        assert "Row 3" in good.stderr
        assert [target for _, target, _, _ in real.seen] == ["/orders/3"]
        bad = await asyncio.to_thread(_drill, tmp_path, real.url, 1)
        assert (bad.returncode, "FAILED" in bad.stdout) == (1, True), bad.stdout + bad.stderr


LISTED = """\
name: listed
title: The list is away for a moment
rules:
  - {id: gone, match: {method: GET, path: /orders}, when: {times: 1}, fault: {type: http.abort, status: 503}}
expect:
  - {id: shown, title: The list is shown, calls: {match: {needs: [resource, list]}, status: 200, at_least: 1}}
"""


async def test_operations_that_are_learned_during_a_drill_count_in_its_verdict(tmp_path: Path) -> None:
    page = PAGE.replace("/orders/3", "/orders?page=2")
    async with backend() as real:
        done = await asyncio.to_thread(_drill, tmp_path, real.url, 2, "listed", LISTED, page)
    assert (done.returncode, "PASSED" in done.stdout) == (0, True), done.stdout + done.stderr
    assert "1 call of orders.list answered 200" in done.stdout, "the call that taught it has its name"
