"""What the backend tells of itself."""

from __future__ import annotations

from devkit import __version__
from devkit.contract.entities import AppConfig, Limits
from devkit.contract.fields import DESCRIPTION_MAX, PAGE_MAX, TITLE_MAX
from devkit.domain.base import Caller, Resources
from devkit.storage import catalogue


class SystemService:
    def __init__(self, resources: Resources) -> None:
        self._on = resources

    async def config(self, caller: Caller, data: object) -> AppConfig:
        limits = Limits(
            upload_max_bytes=self._on.limits.upload,
            json_max_bytes=self._on.limits.json,
            page_max=PAGE_MAX,
            title_max=TITLE_MAX,
            description_max=DESCRIPTION_MAX,
        )
        return AppConfig("devkit", __version__, self._on.database.read(catalogue.flags), limits)
