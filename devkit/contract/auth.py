"""Accounts and sessions (seeds 002 and 000; CONTRACT.md, "`agreed`")."""

from __future__ import annotations

import json
from typing import Annotated, Any

from devkit.contract.entities import Done, Page, PasswordChanged, ProfileChanged, Registered, Session, SignedIn, User
from devkit.contract.fields import (
    Email,
    Filter,
    FullName,
    GivenAddress,
    GivenEmail,
    GivenPassword,
    GivenToken,
    Name,
    NewPassword,
    OfDialect,
    PictureAddress,
    RepeatedPassword,
    Username,
)
from devkit.contract.operations import Access, Input, Media, Need, Operation
from devkit.contract.paging import Paged

Redirect = Annotated[GivenAddress | None, OfDialect]
"""Where a browser is to be sent afterwards."""
PasswordMax = Annotated[int | None, OfDialect]
"""The most characters of a password, where a dialect allows fewer than the contract."""
OwnFields = Annotated[dict[str, Any] | None, OfDialect]


def own_of(user: User) -> dict[str, Any]:
    """What a contract of somebody's own keeps of an account."""
    found: dict[str, Any] = json.loads(user.own) if user.own else {}
    return found


def split_name(name: str) -> tuple[str, str]:
    """First and last name of a full one, which is split at its first space."""
    first, _, last = name.partition(" ")
    return first, last.strip()


class Register(Input):
    """`sign_in`: the new user is signed in at once, before the address is verified, and `remember`ed when the browser
    is closed. `callback_url` is where the link of the mail leads in the end. `own` are fields that a contract of
    somebody's own keeps of an account.
    """

    username: Username | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    name: FullName | None = None
    email: Email
    password: NewPassword
    confirm_password: RepeatedPassword | None = None
    sign_in: Annotated[bool, OfDialect] = False
    remember: Annotated[bool, OfDialect] = True
    image: Annotated[PictureAddress | None, OfDialect] = None
    callback_url: Redirect = None
    password_max: PasswordMax = None
    own: OwnFields = None

    @property
    def names(self) -> tuple[str, str]:
        """First and last name; a single `name` is split at its first space."""
        if self.first_name or self.last_name or not self.name:
            return self.first_name or "", self.last_name or ""
        return split_name(self.name)


class Login(Input):
    """`by_username`: what is given as the address may be a username. `unverified`: one whose address is not verified
    is let in as well. `addresses_only`: what is given as the address must be one. `callback_url` is where the frontend
    goes next.
    """

    email: GivenEmail
    password: GivenPassword
    by_username: Annotated[bool, OfDialect] = False
    unverified: Annotated[bool, OfDialect] = False
    addresses_only: Annotated[bool, OfDialect] = False
    remember: Annotated[bool, OfDialect] = True
    callback_url: Redirect = None
    password_max: PasswordMax = None


class Refresh(Input):
    """`by_cookie`: a cookie carried the token."""

    refresh_token: Annotated[GivenToken | None, Filter] = None
    by_cookie: Annotated[bool, OfDialect] = False


class UpdateProfile(Input):
    """Only what is given is changed; a `name` is split at its first space, as at registration. The address is not
    changed in this way: giving one is an error, and with `some` so is giving nothing. `renew`: the session's token is
    handed out again. `own` as at registration.
    """

    first_name: Name = ""
    last_name: Name = ""
    username: Annotated[Username, OfDialect] = ""
    name: Annotated[FullName, OfDialect] = ""
    image: Annotated[PictureAddress | None, OfDialect] = None
    email: Annotated[Any, OfDialect] = None
    some: Annotated[bool, OfDialect] = False
    own: OwnFields = None
    renew: Annotated[bool, OfDialect] = False


class ChangePassword(Input):
    """`revoke_others`: all other sessions of the user end; with `renew`, so does this one, and a new one follows it."""

    current_password: GivenPassword
    password: NewPassword
    confirm_password: RepeatedPassword | None = None
    revoke_others: Annotated[bool, OfDialect] = True
    renew: Annotated[bool, OfDialect] = False
    password_max: PasswordMax = None


class Verify(Input):
    """`repeatable`: a link that has done its work already is no mistake."""

    token: GivenToken
    callback_url: Redirect = None
    repeatable: Annotated[bool, OfDialect] = False


class ResendVerification(Input):
    """`own_only`: a caller who is signed in may only ask for their own address, and only until it is verified."""

    email: Email
    callback_url: Redirect = None
    own_only: Annotated[bool, OfDialect] = False


class Forgot(Input):
    """`redirect_to` is the frontend's page where the new password is chosen. `through_us`: the link of the mail leads
    to this server first, which sends the browser on.
    """

    email: Email
    redirect_to: Redirect = None
    through_us: Annotated[bool, OfDialect] = False


class Reset(Input):
    token: GivenToken
    password: NewPassword
    confirm_password: RepeatedPassword | None = None
    password_max: PasswordMax = None


class ListSessions(Paged):
    """A page of the user's sessions; `fresh`: whoever asks must have signed in within a day."""

    fresh: Annotated[bool, OfDialect] = False


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
        example={
            "first_name": "Ada",
            "last_name": "Lovelace",
            "name": "Ada Lovelace",
            "email": "ada@example.com",
            **_NEW,
        },
        has=Need.CREATE | Need.MAIL,
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
        has=Need.LOGIN,
    ),
    Operation(
        id="auth.refresh",
        summary="Exchange a refresh token for new tokens",
        description=(
            "The refresh token rotates. A used one presented again after a grace of 10 s revokes its family. Where a "
            "dialect leaves it good (`auth.refresh_rotation`), it stays so until its own end."
        ),
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
        result=User | ProfileChanged,
        media=Media.JSON,
        input=UpdateProfile,
        errors=("validation_error", "username_taken"),
        example={"first_name": "Ada"},
        has=Need.WRITE,
    ),
    Operation(
        id="auth.change_password",
        summary="Change the password",
        description="All other sessions of the user are revoked.",
        keeper="accounts.change_password",
        result=PasswordChanged,
        media=Media.JSON,
        input=ChangePassword,
        errors=("validation_error",),
        emits=("notification",),
        example={"current_password": "TestPass123!", **_NEW},
        has=Need.WRITE,
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
        has=Need.WRITE | Need.VERIFY_LINK,
    ),
    Operation(
        id="auth.resend_verification",
        summary="Send the verification mail again",
        description="Answers the same whether or not the address exists.",
        keeper="accounts.resend_verification",
        result=Done,
        access=Access.OPTIONAL,
        media=Media.JSON,
        input=ResendVerification,
        errors=("validation_error",),
        emits=("notification",),
        example={"email": "unverified@example.com"},
        has=Need.MAIL,
    ),
    Operation(
        id="auth.forgot",
        summary="Send a mail with a link to reset the password",
        description="Answers the same whether or not the address exists.",
        keeper="accounts.forgot",
        result=Done,
        access=Access.PUBLIC,
        media=Media.JSON,
        input=Forgot,
        errors=("validation_error",),
        emits=("notification",),
        example={"email": "test@example.com"},
        has=Need.MAIL,
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
        has=Need.WRITE | Need.RESET_LINK,
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
        has=Need.DELETE,
    ),
]
