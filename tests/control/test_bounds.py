"""A control call cannot hold up the loop by what it gets wrong (issue 14, point 22)."""

from __future__ import annotations

import pytest

from devkit import errors
from devkit.errors import GUESSED
from tests.conftest import Client


@pytest.mark.parametrize("path", ["/_devkit/api/clock/advance", "/_devkit/api/sandboxes", "/_devkit/api/events"])
async def test_of_many_unknown_fields_only_the_first_are_compared_with_known_ones(
    client: Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared, usual = [], errors.nearest
    monkeypatch.setattr(errors, "nearest", lambda name, known: compared.append(name) or usual(name, known))
    body = {f"duratoin{number}": 1 for number in range(2_000)}
    answer = await client.send("POST", path, json=body)
    assert answer.status == 400
    # Each of them is told all the same.
    assert len(answer.json["details"]) >= 2_000
    assert 0 < len(compared) <= GUESSED
