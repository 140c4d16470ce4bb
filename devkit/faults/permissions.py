"""What a signed-in user may do, and what it takes besides being signed in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from devkit.contract.entities import CurrentSession, Role, SignedIn, User
from devkit.contract.errors import DomainError
from devkit.contract.operations import Need
from devkit.dialects.raw import RawRequest
from devkit.faults.base import Fault, Proceed
from devkit.faults.foreign import Foreign
from devkit.faults.hit import Hit

_SAFE = {"GET", "HEAD", "OPTIONS"}


class Forbidden(Fault):
    """The caller is signed in but may not do this: 403 `forbidden`, and the message names the `permission` that is
    missing. Refreshing or signing in again changes nothing.
    """

    kind = "forbidden"
    terminal = True
    needs = (Need.SESSION,)
    example = {"permission": "tasks:write"}

    permission: str | None = None

    async def on_raw(self, hit: Hit, raw: RawRequest) -> RawRequest:
        # The first moment after the credentials were found good: permissions come before what the request says.
        lacking = f"You lack the permission {self.permission}" if self.permission else None
        raise DomainError("forbidden", lacking)


class CsrfFail(Fault):
    """A call that changes something is refused for its CSRF token: 403 `csrf_failed`, while reading goes on as ever.
    Neither a refresh nor the same call again helps; a page that was open before the backend was deployed anew meets
    this, until it is loaded again.
    """

    kind = "csrf.fail"
    terminal = True
    needs = (Need.SESSION,)

    async def on_raw(self, hit: Hit, raw: RawRequest) -> RawRequest:
        if hit.subject.method in _SAFE:
            return raw
        raise hit.failure(403, "csrf_failed", "The CSRF token is missing or not the current one")


class RoleChanged(Fault):
    """The user has another `role` than before, in everything that tells who is signed in: a page that remembers the
    role from its start shows what no longer belongs there, or hides what does. Nothing is stored.
    """

    kind = "role.changed"
    needs = (Need.USER,)
    example = {"role": "admin"}

    role: Role

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        return self._changed(await proceed())

    def _changed(self, result: Any) -> Any:
        match result:
            case Foreign():
                result = result.told({"role"}, lambda _: self.role)
                return result.told({"roles"}, lambda told: [self.role] if isinstance(told, list) else told)
            case User():
                return replace(result, role=self.role)
            case SignedIn() | CurrentSession():
                return replace(result, user=replace(result.user, role=self.role))
        return result


KINDS = (Forbidden, CsrfFail, RoleChanged)
