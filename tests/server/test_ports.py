from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator

import pytest

from devkit.errors import PortTaken, SettingError
from devkit.server.hosting import ports


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        yield port


def test_a_taken_port_names_its_owner_and_a_free_one(taken: int) -> None:
    error = ports.port_taken("127.0.0.1", taken)
    assert isinstance(error, PortTaken)
    assert error.message.startswith(f"Port {taken} is in use")
    assert f"pid {os.getpid()}" in error.message
    assert "--port" in (error.remedy or "")


def test_a_taken_port_is_not_free(taken: int) -> None:
    assert not ports.is_free("127.0.0.1", taken)
    proposal = ports.next_free("127.0.0.1", taken)
    assert proposal is None or proposal > taken


def test_without_permission_to_look_the_owner_is_left_out(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    def denied(kind: str) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", denied)
    assert ports.port_taken("127.0.0.1", taken).message == f"Port {taken} is in use."


def test_the_last_port_has_no_next() -> None:
    assert ports.next_free("127.0.0.1", 65535) is None


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "not permitted"),
        (OSError(errno.EADDRNOTAVAIL, "x"), "does not belong to this machine"),
        (socket.gaierror(-2, "Name or service not known"), "cannot be resolved"),
    ],
)
def test_other_reasons_are_sentences_with_a_remedy(error: OSError, told: str) -> None:
    found = ports.bind_error("somewhere", 80, error)
    assert isinstance(found, SettingError)
    assert told in found.message
    assert found.remedy


def test_what_nobody_thought_of_is_still_a_sentence() -> None:
    assert "Too many open files" in ports.bind_error("x", 1, OSError(errno.EMFILE, "Too many open files")).message
