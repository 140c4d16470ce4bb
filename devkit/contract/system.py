"""Configuration and health."""

from __future__ import annotations

from devkit.contract.entities import AppConfig, Health
from devkit.contract.operations import Access, Operation

OPERATIONS = [
    Operation(
        id="config.get",
        summary="Feature flags and limits",
        keeper="system.config",
        result=AppConfig,
        access=Access.PUBLIC,
    ),
    Operation(
        id="health.get",
        summary="Whether the backend is up",
        keeper="system.health",
        result=Health,
        access=Access.PUBLIC,
    ),
]
