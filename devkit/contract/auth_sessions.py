"""Sessions by their own tokens, tokens that others can verify, and further ways to an account (seed 004; CONTRACT.md,
"`taskapp`").
"""

from __future__ import annotations

from typing import Annotated

from devkit.contract.auth import PasswordMax, Redirect
from devkit.contract.entities import Account, CurrentSession, Done, KeySet, SignedIn
from devkit.contract.fields import Email, GivenPassword, GivenToken, OfDialect, ShortText
from devkit.contract.operations import Access, Input, Media, Need, Operation
from devkit.contract.social_entities import AccountProfile


class SessionToken(Input):
    token: GivenToken


class RevokeSessions(Input):
    """`others`: the session that asks stays."""

    others: Annotated[bool, OfDialect] = False


class ChangeEmail(Input):
    """`email` is the new address; `callback_url` is where the link of the mail leads in the end."""

    email: Email
    callback_url: Redirect = None


class AccountId(Input):
    """One of the user's own accounts, by the id that the list has for it."""

    account_id: GivenToken


class DeleteUser(Input):
    """`password` stands in for having signed in just now; `token` would be that of a mail, which nobody is sent.
    `callback_url` is where the link of such a mail would lead in the end.
    """

    password: GivenPassword | None = None
    token: ShortText | None = None
    callback_url: Redirect = None
    password_max: PasswordMax = None


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
        errors=("forbidden",),
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
        has=Need.WRITE,
    ),
    Operation(
        id="auth.revoke_sessions",
        summary="Revoke all sessions of the user",
        keeper="session_tokens.revoke_all",
        result=None,
        media=Media.JSON,
        input=RevokeSessions,
        emits=("notification",),
        has=Need.WRITE,
    ),
    Operation(
        id="auth.accounts",
        summary="The ways in which the user signs in",
        keeper="linked_accounts.list",
        result=tuple[Account, ...],
    ),
    Operation(
        id="auth.account_info",
        summary="What the provider tells of a linked account",
        keeper="linked_accounts.info",
        result=AccountProfile,
        input=AccountId,
        errors=("validation_error", "account_unknown", "account_without_provider"),
        example={"account_id": "from-the-list-of-accounts"},
    ),
    Operation(
        id="auth.unlink_account",
        summary="Take one of the ways to sign in away; the last one stays",
        keeper="linked_accounts.unlink",
        result=None,
        media=Media.JSON,
        input=AccountId,
        errors=("validation_error", "last_account", "account_unknown", "session_not_fresh"),
        example={"account_id": "from-the-list-of-accounts"},
        has=Need.WRITE,
    ),
    Operation(
        id="auth.delete_user",
        summary="Delete the user, with everything that is theirs",
        description="Needs the password, or a session that was opened within a day.",
        keeper="accounts.delete",
        result=None,
        media=Media.JSON,
        input=DeleteUser,
        errors=("validation_error", "no_password", "session_old", "conflict"),
        example={"password": "TestPass123!"},
        has=Need.WRITE,
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
        has=Need.MAIL,
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
