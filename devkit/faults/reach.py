"""What families of operations have in common, for faults that can act on all of one family."""

from __future__ import annotations

from typing import Any, get_args

from devkit.contract.entities import CurrentSession, SignedIn, User
from devkit.contract.operations import Access
from devkit.contract.shipped import CONTRACT


def is_sign_in(result: Any) -> bool:
    """Whether an operation of that result hands out tokens; in some cases, where the result is a union."""
    return any(isinstance(one, type) and issubclass(one, SignedIn) for one in get_args(result) or (result,))


def _tells_user(result: Any) -> bool:
    return any(kind in {User, CurrentSession} or is_sign_in(kind) for kind in (result, *get_args(result)))


NEEDS_TOKEN = tuple(operation.id for operation in CONTRACT.operations if operation.access is Access.SIGNED_IN)
"""Operations that only a signed-in user may call."""

TAKES_TOKEN = tuple(operation.id for operation in CONTRACT.operations if operation.access is not Access.PUBLIC)
"""Operations that look at a token, and those that also go without."""

ISSUES_TOKENS = tuple(operation.id for operation in CONTRACT.operations if is_sign_in(operation.result))
"""Operations that answer with tokens."""

TAKES_REFRESH_TOKEN = tuple(
    operation.id for operation in CONTRACT.operations if "refresh_token" in operation.input.model_fields
)
"""Operations that are sent a refresh token."""

TELLS_USER = tuple(operation.id for operation in CONTRACT.operations if _tells_user(operation.result))
"""Operations that answer with who is signed in."""

SENDS_MAIL = ("auth.register", "auth.resend_verification", "auth.forgot", "auth.change_email", "social.callback")
"""Operations that send a mail."""
