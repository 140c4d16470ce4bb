"""Signing in with an account elsewhere (RFC 6749, section 4.1): google and github, each played by a page of our own."""

from __future__ import annotations

from typing import Annotated, Literal

from devkit.contract.fields import (
    Email,
    Filter,
    FullName,
    GivenToken,
    OfDialect,
    ProviderName,
    ReturnAddress,
    ShortText,
)
from devkit.contract.operations import Access, Input, Media, Need, Operation
from devkit.contract.social_entities import (
    Consent,
    Providers,
    SentBack,
    SignInFailure,
    SocialLinked,
    SocialSignIn,
    SocialStart,
)


class SocialInitiate(Input):
    """`redirect_uri` is where the frontend wants the browser back, by default where it runs. With `response_type`
    `cookie` the backend takes the provider's code itself, sets its cookie and sends the browser there; with `code` the
    provider sends code and state there, and the frontend posts them to the callback.

    `error_uri` and `new_user_uri` are for those who do not get in, and for those who were not known before. `callback`
    is the dialect's own address for codes; `{provider}` in it stands for the name. With `own_paths` all addresses may
    be paths of this site; with `stay` the frontend does not want to go to the provider's page right now.
    """

    provider: ProviderName
    redirect_uri: ReturnAddress | None = None
    response_type: Literal["cookie", "code"] = "cookie"
    error_uri: ReturnAddress | None = None
    new_user_uri: ReturnAddress | None = None
    callback: Annotated[str, OfDialect] = ""
    own_paths: Annotated[bool, OfDialect] = False
    stay: Annotated[bool, OfDialect] = False


class Authorize(Input):
    """What the provider is told by the address that a browser is sent to. `browser` is the browser's own cookie."""

    provider: ProviderName
    state: GivenToken
    redirect_uri: ReturnAddress | None = None
    browser: GivenToken | None = None


class Decide(Input):
    """What was chosen: `deny`, one of the `identity`s by its id, or another with `name` and `email` (which a provider
    may keep to itself). `csrf` is the form's own token, which belongs to the `browser`'s cookie and the state.
    """

    provider: ProviderName
    state: GivenToken
    csrf: Annotated[GivenToken | None, Filter] = None
    browser: GivenToken | None = None
    deny: bool = False
    identity: Annotated[ShortText | None, Filter] = None
    name: FullName = ""
    email: Annotated[Email | None, Filter] = None
    verified: bool = False


class SocialCallback(Input):
    """What comes back from the provider. `provider` and `redirect_uri` must be those of the state where they are given;
    `error` is the provider's (RFC 6749, section 4.1.2.1). `without_email`: the provider keeps the address to itself.

    `hands_over`: the frontend, to which the browser goes on, gets a code of ours with the same state; it may bring both
    here as it would bring the provider's. `bound`: the browser must be the one that began, which shows by what it has
    `kept`, and the state is over whatever comes of it; `error_page` is for those of whom nothing better is known.
    """

    state: Annotated[GivenToken | None, Filter] = None
    code: Annotated[GivenToken | None, Filter] = None
    provider: Annotated[ShortText | None, Filter] = None
    redirect_uri: Annotated[ReturnAddress | None, Filter] = None
    error: Annotated[ShortText | None, Filter] = None
    without_email: Annotated[bool, OfDialect] = False
    hands_over: Annotated[bool, OfDialect] = False
    kept: Annotated[GivenToken | None, OfDialect] = None
    bound: Annotated[bool, OfDialect] = False
    error_page: Annotated[str, OfDialect] = ""


class SocialFailed(Input):
    """What a person is told whose sign-in failed: a machine code, and perhaps the provider's own words."""

    error: Annotated[ShortText, Filter] = "UNKNOWN"
    error_description: Annotated[ShortText | None, Filter] = None


_BEGIN_ERRORS = ("validation_error", "not_found")
_STATE = "the-state-of-the-address"

OPERATIONS = [
    Operation(
        id="social.providers",
        summary="With whose accounts one can sign in",
        keeper="social.providers",
        result=Providers,
        access=Access.PUBLIC,
    ),
    Operation(
        id="social.initiate",
        summary="Begin to sign in with an account elsewhere",
        description="Answers with the address of the provider's consent page; a browser that navigates here is sent to"
        " it. `redirect_uri` must be at an origin that may call, or at the backend's own.",
        keeper="social.initiate",
        result=SocialStart,
        access=Access.PUBLIC,
        media=Media.JSON,
        input=SocialInitiate,
        errors=_BEGIN_ERRORS,
        example={"provider": "google"},
    ),
    Operation(
        id="social.link",
        summary="Begin to link an account elsewhere to the user who is signed in",
        description="It is linked where both have the same address, and the provider has verified it; afterwards it"
        " opens this account.",
        keeper="social.link",
        result=SocialStart,
        media=Media.JSON,
        input=SocialInitiate,
        errors=(*_BEGIN_ERRORS, "forbidden"),
        example={"provider": "google"},
    ),
    Operation(
        id="social.failed",
        summary="The page for those whose sign-in failed and whom no page of the frontend expects",
        keeper="social.failed",
        result=SignInFailure,
        access=Access.PUBLIC,
        input=SocialFailed,
        errors=("validation_error",),
        example={"error": "state_mismatch"},
    ),
    Operation(
        id="social.authorize",
        summary="The provider's consent page",
        description="A page for people: choose an identity, type another, or deny. It sets the cookie that its form's"
        " token belongs to.",
        keeper="social.authorize",
        result=Consent,
        access=Access.PUBLIC,
        input=Authorize,
        errors=("validation_error", "not_found", "state_invalid"),
        example={"provider": "google", "state": _STATE},
    ),
    Operation(
        id="social.decide",
        summary="What was chosen on the consent page",
        description="Sends the browser back to where the sign-in began, with a code and the state, or with the error"
        " `access_denied`.",
        keeper="social.decide",
        result=SentBack,
        access=Access.PUBLIC,
        media=Media.FORM,
        input=Decide,
        errors=("validation_error", "not_found", "state_invalid", "forbidden"),
        example={"provider": "google", "state": _STATE, "csrf": "from-the-form", "deny": True},
    ),
    Operation(
        id="social.callback",
        summary="Sign in with the code that the provider gave",
        description="Signs in the user whose account was linked before, or links the one with the same verified"
        " address, or creates one. State and code work once. Where the browser comes here itself, it goes on to the"
        " frontend with a new code for the same state; posted here within a minute, that one hands over the session.",
        keeper="social.callback",
        result=SocialSignIn | SocialLinked,
        access=Access.PUBLIC,
        media=Media.JSON,
        input=SocialCallback,
        errors=(
            "validation_error",
            "state_invalid",
            "code_invalid",
            "email_missing",
            "access_denied",
            "account_not_linked",
            "provider_error",
        ),
        emits=("notification",),
        example={"state": _STATE, "code": "from-the-provider"},
        has=Need.CALLBACK | Need.MAIL,
    ),
]
