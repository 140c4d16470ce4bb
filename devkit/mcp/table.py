"""All tools in one table: what a client is listed, what it may call and the page of the docs come from it."""

from __future__ import annotations

from devkit.mcp.base import Tool
from devkit.mcp.tools import (
    calling,
    clocks,
    contracts,
    drills,
    journals,
    mails,
    operations,
    sandboxes,
    scenarios,
    verifying,
)
from devkit.registry import Registry

TOOLS: Registry[Tool] = Registry(
    "tool",
    [
        sandboxes.TOOL,
        operations.TOOL,
        calling.TOOL,
        scenarios.SCENARIOS,
        scenarios.SCENARIO,
        scenarios.FAULTS,
        drills.TOOL,
        journals.TOOL,
        mails.TOOL,
        clocks.TOOL,
        verifying.TOOL,
        contracts.TOOL,
    ],
    key=lambda tool: tool.name,
)
"""In the order in which they are listed."""

INSTRUCTIONS = (
    "devkit is a mock backend that behaves like the real one, and fails like it. You have a sandbox of your own: begin "
    "with `sandbox`, look up the API with `operations`, try it with `call`. To see how a frontend copes with a "
    "failure, choose one with `scenarios` and play it with `drill`; `journal` tells what the frontend sent. `clock` "
    "replaces waiting. `verify` measures the real backend that is being built. Nothing that you do reaches another's "
    "sandbox."
)
