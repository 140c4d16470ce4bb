"""Whatever the registry holds is complete: documented, shown by an example, tested from the client's side."""

from __future__ import annotations

from pathlib import Path

import pytest

from devkit.faults.base import Fault
from devkit.faults.registry import FAULTS, fault_of

HERE = Path(__file__).parent
KINDS = list(FAULTS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_every_kind_tells_what_the_client_sees(kind: type[Fault]) -> None:
    assert kind.__doc__
    assert len(kind.story()) > 30
    assert kind.hooks()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_every_kinds_example_is_valid_and_has_a_schema(kind: type[Fault]) -> None:
    assert isinstance(fault_of({"type": kind.kind, **kind.example}), kind)
    assert kind.model_json_schema()["type"] == "object"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_every_kind_is_tested_from_the_clients_side(kind: type[Fault]) -> None:
    module = kind.__module__.rpartition(".")[2]
    assert f'"{kind.kind}"' in (HERE / f"test_{module}.py").read_text()
