"""Sessions by their own tokens, tokens that others can verify, and further ways to an account (seed 004; CONTRACT.md,
"`taskapp`").
"""

from __future__ import annotations

from typing import Annotated

from devkit.contract.auth import Redirect
from devkit.contract.entities import Account, CurrentSession, Done, KeySet, SignedIn
from devkit.contract.fields import Email, GivenToken, OfDialect
from devkit.contract.operations import Access, Input, Media, Operation


class SessionToken(Input):
    token: GivenToken


class RevokeSessions(Input):
    """`others`: the session that asks stays."""

    others: Annotated[bool, OfDialect] = False


class ChangeEmail(Input):
    """`email` is the new address; `callback_url` is where the link of the mail leads in the end."""

    email: Email
    callback_url: Redirect = None


class OpenReset(Input):
    """The link of a mail about a forgotten password; `callback_url` is the page where the new one is chosen."""

    token: str
    callback_url: Redirect = None


OPERATIONS = [
    Operation(
        id="auth.session",
        summary="The caller's session, if there is one",
        description="Prolongs a session that was not prolonged for a day.",
        keeper="session_tokens.current",
        result=CurrentSession | None,
        access=Access.OPTIONAL,
    ),
    Operation(
        id="auth.token",
        summary="A token for other services, which verify it with the public keys",
        description="It lives for 15 minutes, and here no longer than the session.",
        keeper="session_tokens.issue",
        result=SignedIn,
    ),
    Operation(
        id="auth.keys",
        summary="The public keys",
        keeper="session_tokens.keys",
        result=KeySet,
        access=Access.PUBLIC,
    ),
    Operation(
        id="auth.revoke_token",
        summary="Revoke the session that a session token belongs to",
        description="Answers the same where it is none of the user's.",
        keeper="session_tokens.revoke",
        result=None,
        media=Media.JSON,
        input=SessionToken,
        errors=("validation_error",),
        emits=("notification",),
        example={"token": "from-the-list-of-sessions"},
    ),
    Operation(
        id="auth.revoke_sessions",
        summary="Revoke all sessions of the user",
        keeper="session_tokens.revoke_all",
        result=None,
        media=Media.JSON,
        input=RevokeSessions,
        emits=("notification",),
    ),
    Operation(
        id="auth.accounts",
        summary="The ways in which the user signs in",
        keeper="accounts.list",
        result=tuple[Account, ...],
    ),
    Operation(
        id="auth.change_email",
        summary="Ask for another address; it is the user's once the link in the mail was opened",
        description="Answers the same where the address is somebody else's.",
        keeper="accounts.change_email",
        result=Done,
        media=Media.JSON,
        input=ChangeEmail,
        errors=("validation_error",),
        emits=("notification",),
        example={"email": "ada@example.com"},
    ),
    Operation(
        id="auth.open_reset",
        summary="Open the link of a mail about a forgotten password, and be sent on to choose a new one",
        keeper="accounts.open_reset",
        result=Done,
        access=Access.PUBLIC,
        input=OpenReset,
        errors=("link_invalid", "link_expired"),
        example={"token": "from-the-mail"},
    ),
]
