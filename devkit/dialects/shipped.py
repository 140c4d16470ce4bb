"""What devkit stands in for unless it is told otherwise: the contract that it ships, in all dialects."""

from __future__ import annotations

from devkit.contract.shipped import CONTRACT
from devkit.dialects.agreed import AGREED
from devkit.dialects.backend import Backend
from devkit.dialects.base import Dialect
from devkit.dialects.promptcraft import PROMPTCRAFT
from devkit.dialects.taskapp import TASKAPP
from devkit.dialects.webplus import WEBPLUS
from devkit.registry import Registry

DIALECTS: Registry[Dialect] = Registry(
    "dialect", [AGREED, WEBPLUS, PROMPTCRAFT, TASKAPP], key=lambda dialect: dialect.name
)

BACKEND = Backend(CONTRACT, DIALECTS)
