"""What a user's things add up to."""

from __future__ import annotations

from functools import partial

from devkit.contract.figures import Dashboard
from devkit.domain.base import Caller, Resources
from devkit.storage import figures


class AnalyticsService:
    def __init__(self, resources: Resources) -> None:
        self._on = resources

    async def dashboard(self, caller: Caller, data: object) -> Dashboard:
        count = partial(figures.dashboard, user_id=caller.user_id, now=self._on.clock.now())
        return await self._on.database.scan(count)
