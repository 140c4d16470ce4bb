"""The protocol `health`: how the backend is, at once and whenever it is asked."""

from __future__ import annotations

from devkit.dialects.health_frames import HEALTH_SOCKET, HealthChecked
from devkit.server.sockets.messages import read_message
from devkit.server.sockets.speech import Speech


class HealthSpeech(Speech):
    """`/ws/health/` (CONTRACT.md). Its clients know no heartbeat but the protocol's own."""

    protocol = HEALTH_SOCKET
    heartbeats = False

    async def greet(self) -> None:
        await self._tell()

    async def hear(self, data: bytes) -> None:
        read_message(data, ("ping",))
        await self._tell()

    async def _tell(self) -> None:
        health = await self._sockets.health()
        unwell = [f"{part.name}: {part.detail}" for part in health.components if part.status != "healthy"]
        message = "; ".join(unwell) or "All components work"
        self.say(HealthChecked(status=health.status, message=message, timestamp=health.timestamp))
