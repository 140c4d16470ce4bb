"""With whose accounts one can sign in."""

from __future__ import annotations

from devkit.contract.social_entities import Provider
from devkit.registry import Registry

PROVIDERS: Registry[Provider] = Registry(
    "provider",
    [
        Provider("google", "Google", True, ("openid", "email", "profile")),
        Provider("github", "GitHub", True, ("read:user", "user:email")),
    ],
    key=lambda provider: provider.name,
)
