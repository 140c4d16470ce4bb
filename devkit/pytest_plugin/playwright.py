"""pytest-playwright's `page` in the test's sandbox. Only where it is asked for, in the conftest.py at the top:

    pytest_plugins = ["devkit.pytest_plugin.playwright"]

With `--base-url http://localhost:5173` (pytest-base-url) the page is the frontend's, at the sandbox's own host: what it
calls at that host, through its dev server's proxy or at `http://localhost:8000` reaches the sandbox. A frontend
elsewhere is opened where it is, and all that its page sends has the sandbox in a header. Without one, `page` is at the
sandbox itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from devkit.pytest_plugin.handle import Devkit

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any], base_url: str | None, devkit: Devkit) -> dict[str, Any]:
    """Those of the suite, about the sandbox."""
    if not base_url:
        return {**browser_context_args, "base_url": devkit.url}
    if urlsplit(base_url).hostname in _LOOPBACK:
        return {**browser_context_args, "base_url": devkit.at(base_url)}
    headers = {**browser_context_args.get("extra_http_headers", {}), **devkit.headers}
    return {**browser_context_args, "extra_http_headers": headers}
