"""Configuration, health, and figures."""

from __future__ import annotations

from typing import Annotated

from devkit.contract.entities import AppConfig, ChatHealth, Health
from devkit.contract.fields import OfDialect
from devkit.contract.figures import Dashboard
from devkit.contract.operations import Access, Input, Operation


class HealthCheck(Input):
    """`detailed`: every component is tried, not the database alone."""

    detailed: Annotated[bool, OfDialect] = False


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
        keeper="health.health",
        result=Health,
        access=Access.PUBLIC,
        input=HealthCheck,
    ),
    Operation(
        id="chat.health",
        summary="Whether there is a model to chat with",
        description="`healthy` while a model runs, `degraded` while none does, `down` where there are none.",
        keeper="health.chat",
        result=ChatHealth,
        access=Access.PUBLIC,
    ),
    Operation(
        id="analytics.dashboard",
        summary="What the user's things add up to",
        keeper="analytics.dashboard",
        result=Dashboard,
    ),
]
