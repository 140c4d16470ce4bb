from __future__ import annotations
from typing import Any
from aiohttp import web


class ControlPlane:
    def __init__(self, settings: Any) -> None: ...
    async def handle(self, request: web.BaseRequest, sandbox: Any) -> web.StreamResponse:
        if request.path.endswith("/reset"):
            await sandbox.reset()
        if request.path.endswith("/mail"):
            from devkit.storage import mails
            import dataclasses

            return web.json_response([dataclasses.asdict(m) for m in sandbox.database.read(mails.newest)])
        return web.json_response({})
