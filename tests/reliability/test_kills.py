"""`kill -9` before and after every rename, unlink and commit of what changes data and files together.

What is promised (docs/reliability.md): all is as before or as after, rows and files fit together, nothing is left
behind, and the next start says what it had to finish or undo, once.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.process import ROOT, environment

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")]

_UNDONE, _FINISHED = "that is undone", "that is finished now"
_NEW_SNAPSHOT = "The server was killed while it saved the snapshot one: it is whole, and the new one."
_PUT = "replace d.db.uploads/.next-0/ID d.db.uploads/ID"


def _kills(play: str, place: Path) -> tuple[list[str] | None, list[dict[str, Any]], list[str]]:
    """What was there before, a report for each kill, and what is there when nobody kills."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.reliability.killing", play, str(place)],
        cwd=ROOT,
        env=environment(place),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    first, *reports = [json.loads(line) for line in ended.stdout.splitlines()]
    last = [report for report in reports if not report["killed"]]
    assert len({str(report["state"]) for report in last}) == 1, "the play does not always leave the same"
    return first["before"], [report for report in reports if report["killed"]], last[0]["state"]


@pytest.mark.parametrize(
    ("play", "writes"),
    [
        ("reset", {"commit (COMMIT)", "mkdir d.db.uploads/.next-0", "commit (backup)", _PUT, "unlink d.db.uploads/ID"}),
        ("restore", {"commit (backup)", "replace d.db.uploads/.next-2/ID d.db.uploads/ID", "unlink d.db.uploads/ID"}),
        (
            "overwrite",
            {
                "rename .devkit/snapshots/BEGUN .devkit/snapshots/.one.new",
                "rename .devkit/snapshots/one .devkit/snapshots/.one.old",
                "rename .devkit/snapshots/.one.new .devkit/snapshots/one",
                "unlink data.db",
            },
        ),
        ("forget", {"rename .devkit/snapshots/one .devkit/snapshots/.one.old", "unlink data.db"}),
        ("send", {"replace d.db.uploads/ID.part d.db.uploads/ID", "commit (COMMIT)"}),
        ("remove", {"commit (COMMIT)", "unlink d.db.uploads/ID"}),
        ("start", {"replace .devkit/BEGUN .devkit/secret", "commit (CREATE)", "commit (backup)", _PUT}),
        ("seed", {"replace d.db.uploads/ID.part d.db.uploads/ID", "commit (COMMIT)"}),
    ],
)
def test_a_kill_at_any_write_leaves_all_as_before_or_as_after(tmp_path: Path, play: str, writes: set[str]) -> None:
    before, kills, after = _kills(play, tmp_path)

    assert writes <= {kill["write"] for kill in kills}, "the play made other writes than it is known to"
    assert [kill["after"] for kill in kills] == [False, True] * (len(kills) // 2)
    assert [kill for kill in kills if kill["wrong"] or kill["again"]] == []
    # A start makes anew what was not there, so what comes before a first one is what comes after it; of what `devkit
    # seed` adds, whole groups of users count (docs/performance.md), and here there is one.
    whole = [after] if play == "start" else [before, after]
    if play != "seed":
        assert [kill for kill in kills if kill["state"] not in whole] == []
    else:
        assert len({str(kill["state"]) for kill in kills} | {str(after)}) == 2
    order = [kill["state"] == after for kill in kills]
    assert order == sorted(order), "what has happened once is not undone by a later kill"
    _told_as_it_was(kills, before, after)


def _told_as_it_was(kills: list[dict[str, Any]], before: list[str] | None, after: list[str]) -> None:
    """The next start says what it undid or finished of an exchange, and of a snapshot that replaces another."""
    for kill in kills:
        write, told = kill["write"], kill["told"]
        if "/.next-" in write and not write.startswith("rmdir") and before is not None:
            assert (_UNDONE if kill["state"] == before else _FINISHED) in told, kill
        elif write == "rename .devkit/snapshots/.one.new .devkit/snapshots/one" and not kill["after"]:
            assert _NEW_SNAPSHOT in told, kill
