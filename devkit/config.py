"""The settings: one table of name, default, meaning; the only reader of the environment and of `devkit.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Transport = Literal["cookie", "bearer", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the server was told. Sizes in bytes, durations in milliseconds."""

    host: str = "127.0.0.1"
    port: int = 8000
    https: bool = False
    memory: bool = False
    db: Path | None = None
    seed: int = 1
    origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    frontend_url: str = "http://localhost:3000"
    dialects: tuple[str, ...] = ()
    auth_transport: Transport = "cookie"
    cookies_secure: bool = True
    limits_json: int = 1024 * 1024
    limits_upload: int = 10 * 1024 * 1024
    limits_header_timeout: int = 10_000
    ws_heartbeat: int = 30_000
    open: bool = False
    json: bool = False
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    state_dir: Path = Path(".devkit")
    seed_dir: Path = Path("seed")
    scenario_dir: Path = Path("scenarios")
