from __future__ import annotations

import ssl
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from devkit.config import Settings
from devkit.errors import StorageError
from devkit.server.hosting import tls


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "tls"
    monkeypatch.setattr(tls, "folder", lambda: path)
    return path


def shakes_hands(name: str) -> bool:
    client = ssl.create_default_context(cafile=str(tls.ca_path()))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tls.leaf_path())
    return tls._shake_hands(server, client, name)


def test_a_client_that_trusts_the_authority_accepts_the_certificate() -> None:
    tls.certificate(Settings())
    assert shakes_hands("localhost")
    assert shakes_hands("127.0.0.1")
    assert not shakes_hands("elsewhere.test")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_keys_are_readable_by_the_user_alone(folder: Path) -> None:
    tls.certificate(Settings())
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == {"authority.pem": 0o600, "localhost.pem": 0o600, "ca.pem": 0o644}
    assert b"PRIVATE" not in tls.ca_path().read_bytes()


def test_authority_and_certificate_stay_while_they_are_good() -> None:
    tls.certificate(Settings())
    before = (tls.ca_path().read_bytes(), tls.leaf_path().read_bytes())
    tls.certificate(Settings(host="0.0.0.0"))
    assert (tls.ca_path().read_bytes(), tls.leaf_path().read_bytes()) == before


def test_a_certificate_that_ends_soon_is_renewed_under_the_same_authority(monkeypatch: pytest.MonkeyPatch) -> None:
    tls.certificate(Settings())
    authority, leaf = tls.ca_path().read_bytes(), tls.leaf_path().read_bytes()
    now = tls._now()
    monkeypatch.setattr(tls, "_now", lambda: now + timedelta(days=380))
    tls.certificate(Settings())
    assert tls.ca_path().read_bytes() == authority
    assert tls.leaf_path().read_bytes() != leaf


def test_a_new_name_is_added_and_the_old_ones_stay() -> None:
    tls.certificate(Settings(allowed_hosts=("a.test",)))
    tls.certificate(Settings(allowed_hosts=("b.test",)))
    assert shakes_hands("a.test")
    assert shakes_hands("b.test")


@pytest.mark.parametrize("name", ["authority.pem", "localhost.pem"])
def test_a_damaged_file_is_made_anew(folder: Path, name: str) -> None:
    tls.certificate(Settings())
    (folder / name).write_text("damaged")
    tls.certificate(Settings())
    assert shakes_hands("localhost")


def test_an_authority_nobody_trusts_is_told_with_a_way_to_trust_it() -> None:
    tls.certificate(Settings())
    assert not tls.is_trusted()
    assert str(tls.ca_path()) in tls.how_to_trust()


def test_a_folder_that_cannot_be_made_is_a_sentence(folder: Path) -> None:
    folder.write_text("")
    with pytest.raises(StorageError, match="cannot be made or read"):
        tls.certificate(Settings())
