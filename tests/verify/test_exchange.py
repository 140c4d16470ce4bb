"""Lines for a shell that do again what was sent: they are run."""

from __future__ import annotations

import subprocess

import pytest

from devkit.verify.exchange import Request


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": "' + b"x" * 12 * 1024 * 1024 + b'"}',
        b"[" * 100_000,
        b"\xff\x00%s\\n'\"$HOME`id`",
        b"\r\n--b\r\n" + bytes(range(256)),
    ],
    ids=["long", "deep", "no-text", "every-byte"],
)
def test_a_body_that_is_no_word_of_a_command_is_written_by_the_shell(body: bytes) -> None:
    """execve(2), MAX_ARG_STRLEN: a word has 131,072 bytes at the most, and no NUL."""
    line = Request(method="POST", url="http://localhost/", body=body).curl()
    write, curl = line.rsplit(" | ", 1)
    assert curl == "curl -i --data-binary @- http://localhost/"
    assert len(line) < 2_000
    assert subprocess.run(["sh", "-c", write], capture_output=True, check=True).stdout == body
