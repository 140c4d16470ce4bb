"""What is said on `/ws/health/` (CONTRACT.md, "`promptcraft`"; seed 003, "WebSocket / Realtime integration")."""

from __future__ import annotations

from typing import Literal

from devkit.contract.entities import HealthState, Timestamp
from devkit.dialects.frames import CLOSES, TROUBLE, Ping
from devkit.dialects.sockets import BEARER, SUBPROTOCOL, TOKEN, Heard, Said, SocketProtocol
from devkit.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthChecked:
    """`message` is a sentence for people."""

    type: Literal["health_check"] = "health_check"
    status: HealthState
    message: str
    timestamp: Timestamp


HEALTH_SOCKET = SocketProtocol(
    name="health",
    title="Health",
    summary="Hear at once, and when asked, whether the backend is well",
    says=(
        Said(name="health_check", summary="How the backend is", frame=HealthChecked),
        *TROUBLE,
    ),
    hears=(
        Heard(
            name="ping",
            summary="Ask how the backend is",
            frame=Ping,
            replies=("health_check",),
            example={"type": "ping"},
        ),
    ),
    error="error",
    credentials=(TOKEN, SUBPROTOCOL, BEARER),
    closes=CLOSES,
)
