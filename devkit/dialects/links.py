"""Where the links of mails lead: an address that every server has, whichever dialects it speaks."""

from __future__ import annotations

from devkit.dialects.answers import Say
from devkit.dialects.base import Row

VERIFY_LINK = Row(
    operation="auth.verify", method="GET", path="/api/auth/verify", answer=Say(redirects=True), rooted=True
)
"""For dialects that have no such operation of their own. Beside `agreed`, which has it, it is `agreed`'s."""
