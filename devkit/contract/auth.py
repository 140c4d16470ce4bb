"""Accounts and sessions (seeds 002 and 000; CONTRACT.md, "`agreed`")."""

from __future__ import annotations

from typing import Annotated

from devkit.contract.entities import Done, Page, Registered, Session, SignedIn, User
from devkit.contract.fields import (
    Email,
    FullName,
    GivenEmail,
    GivenPassword,
    GivenToken,
    Name,
    NewPassword,
    OfDialect,
    PageNumber,
    PageSize,
    RepeatedPassword,
    Username,
)
from devkit.contract.operations import Access, Input, Media, Operation


class Register(Input):
    """`sign_in`: the new user is signed in at once, before the address is verified."""

    username: Username | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    name: FullName | None = None
    email: Email
    password: NewPassword
    confirm_password: RepeatedPassword
    sign_in: Annotated[bool, OfDialect] = False

    @property
    def names(self) -> tuple[str, str]:
        """First and last name; a single `name` is split at its first space."""
        if self.first_name or self.last_name or not self.name:
            return self.first_name or "", self.last_name or ""
        first, _, last = self.name.partition(" ")
        return first, last.strip()


class Login(Input):
    """`by_username`: what is given as the address may be a username. `unverified`: one whose address is not verified
    is let in as well.
    """

    email: GivenEmail
    password: GivenPassword
    by_username: Annotated[bool, OfDialect] = False
    unverified: Annotated[bool, OfDialect] = False


class Refresh(Input):
    refresh_token: GivenToken | None = None


class UpdateProfile(Input):
    """Only the names given are changed."""

    first_name: Name = ""
    last_name: Name = ""


class ChangePassword(Input):
    current_password: GivenPassword
    password: NewPassword
    confirm_password: RepeatedPassword


class Verify(Input):
    token: GivenToken


class Address(Input):
    email: Email


class Reset(Input):
    token: GivenToken
    password: NewPassword
    confirm_password: RepeatedPassword


class ListSessions(Input):
    page: PageNumber = 1
    limit: PageSize = 20


class SessionId(Input):
    id: str


_NEW = {"password": "TestPass123!", "confirm_password": "TestPass123!"}

OPERATIONS = [
    Operation(
        id="auth.register",
        summary="Create an account and send a verification mail",
        keeper="accounts.register",
        result=Registered,
        access=Access.PUBLIC,
        media=Media.JSON,
        input=Register,
        errors=("validation_error", "email_taken"),
        emits=("notification",),
        example={"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com", **_NEW},
    ),
    Operation(
        id="auth.login",
        summary="Sign in with email and password",
        keeper="sessions.login",
        result=SignedIn,
        access=Access.PUBLIC,
        media=Media.JSON,
        input=Login,
        errors=("validation_error", "invalid_credentials", "email_not_verified"),
        example={"email": "test@example.com", "password": "TestPass123!"},
    ),
    Operation(
        id="auth.refresh",
        summary="Exchange a refresh token for new tokens",
        description="The refresh token rotates. A used one presented again after a grace of 10 s revokes its family.",
        keeper="sessions.refresh",
        result=SignedIn,
        access=Access.PUBLIC,
        media=Media.JSON,
        input=Refresh,
        errors=("unauthorized", "token_invalid", "token_expired", "token_revoked"),
        emits=("notification",),
    ),
    Operation(
        id="auth.logout",
        summary="Sign out and revoke the session's tokens",
        description="Also answers so without a session.",
        keeper="sessions.logout",
        result=None,
        access=Access.OPTIONAL,
        media=Media.JSON,
        input=Refresh,
    ),
    Operation(id="auth.me", summary="The signed-in user", keeper="accounts.me", result=User),
    Operation(
        id="auth.update_profile",
        summary="Change the signed-in user's names",
        keeper="accounts.update_profile",
        result=User,
        media=Media.JSON,
        input=UpdateProfile,
        errors=("validation_error",),
        example={"first_name": "Ada"},
    ),
    Operation(
        id="auth.change_password",
        summary="Change the password",
        description="All other sessions of the user are revoked.",
        keeper="accounts.change_password",
        result=Done,
        media=Media.JSON,
        input=ChangePassword,
        errors=("validation_error",),
        emits=("notification",),
        example={"current_password": "TestPass123!", **_NEW},
    ),
    Operation(
        id="auth.verify",
        summary="Verify an address by the link of the mail",
        keeper="accounts.verify",
        result=Done,
        access=Access.PUBLIC,
        input=Verify,
        errors=("validation_error", "link_invalid", "link_expired"),
        example={"token": "from-the-mail"},
    ),
    Operation(
        id="auth.resend_verification",
        summary="Send the verification mail again",
        description="Answers the same whether or not the address exists.",
        keeper="accounts.resend_verification",
        result=Done,
        access=Access.PUBLIC,
        media=Media.JSON,
        input=Address,
        errors=("validation_error",),
        emits=("notification",),
        example={"email": "unverified@example.com"},
    ),
    Operation(
        id="auth.forgot",
        summary="Send a mail with a link to reset the password",
        description="Answers the same whether or not the address exists.",
        keeper="accounts.forgot",
        result=Done,
        access=Access.PUBLIC,
        media=Media.JSON,
        input=Address,
        errors=("validation_error",),
        emits=("notification",),
        example={"email": "test@example.com"},
    ),
    Operation(
        id="auth.reset",
        summary="Set a new password by the link of the mail",
        keeper="accounts.reset",
        result=Done,
        access=Access.PUBLIC,
        media=Media.JSON,
        input=Reset,
        errors=("validation_error", "link_invalid", "link_expired"),
        emits=("notification",),
        example={"token": "from-the-mail", **_NEW},
    ),
    Operation(
        id="auth.sessions",
        summary="The user's open sessions",
        keeper="sessions.list",
        result=Page[Session],
        input=ListSessions,
        errors=("validation_error",),
    ),
    Operation(
        id="auth.revoke_session",
        summary="Revoke one of the user's sessions",
        keeper="sessions.revoke",
        result=None,
        input=SessionId,
        errors=("not_found",),
        emits=("notification",),
        example={"id": "00000000-0000-4000-8000-000000000000"},
    ),
]
