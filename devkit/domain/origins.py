"""Which addresses a browser may be sent to."""

from __future__ import annotations

import re

from devkit import origins
from devkit.contract.errors import DomainError
from devkit.origins import origin_of

_LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")
"""A path on the site itself: not `//host` nor `/\\host`, which browsers read as another site's."""


class Origins(origins.Origins):
    """The origins of frontends: localhost's usual ones, and those the user names."""

    def leads_home(self, address: str, *own: str) -> bool:
        """Whether an address is at an origin that may call, or at that of one of `own` (URLs)."""
        origin = origin_of(address)
        return origin is not None and (self.allows(origin) or origin in map(origin_of, own))

    def check_redirect(self, field: str, address: str | None, *own: str) -> None:
        """Raises DomainError `redirect_refused`, for `field`, where the address leads elsewhere than to a path of this
        site, to an origin that may call, or to one of `own` (URLs).
        """
        if not address or _LOCAL_PATH.fullmatch(address) or self.leads_home(address, *own):
            return
        raise DomainError("redirect_refused", fields={field: "Must be a path, or an address of an allowed origin"})
