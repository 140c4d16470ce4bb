"""The settings that the page about recordings prints are settings."""

from __future__ import annotations

from pathlib import Path

from devkit.recording.replay.settingsfile import settings_beside
from tests.docs.blocks import BLOCKS

[SETTINGS] = [block for block in BLOCKS if block.page == "docs/recording.md"]
RUN = {SETTINGS.key}


def test_the_printed_settings_are_read(tmp_path: Path) -> None:
    (tmp_path / "replay.yaml").write_text(SETTINGS.text)
    found = settings_beside(tmp_path, ["POST /search", "GET /orders"])

    assert found.volatile == ["request_id", "query.cacheBuster", "body.client.nonce"]
    assert found.matched("GET", "/orders").query == ["page", "sort"]
    assert not found.matched("POST", "/search").body
