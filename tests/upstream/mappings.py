"""Mappings for tests, said in few words."""

from __future__ import annotations

from typing import Any

from devkit.origins import Origins
from devkit.upstream.address import upstream
from devkit.upstream.mapping import Mapping

OURS = "http://localhost:8000"


def mapping(to: str = "http://api.shop.test:9000", **changes: Any) -> Mapping:
    known: dict[str, Any] = {"origin": OURS, "secure": True, "origins": Origins(), "name": "devkit-1"}
    return Mapping(upstream=upstream(to), **(known | changes))
