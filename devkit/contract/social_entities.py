"""What social login gives back, and what it is about."""

from __future__ import annotations

from devkit.contract.entities import SignedIn
from devkit.records import dataclass


@dataclass(frozen=True, slots=True)
class Provider:
    """Who one can sign in with: an account of theirs opens one here. `scopes` are what they are asked for."""

    name: str
    display_name: str
    enabled: bool
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Providers:
    providers: tuple[Provider, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """An account at a provider. Its `id` is the provider's; it may have no address, or keep it to itself."""

    id: str
    name: str
    email: str | None
    verified: bool


@dataclass(frozen=True, slots=True)
class SocialStart:
    """A sign-in that has begun. `redirect_uri` is where the provider sends the browser back: an address, or the path of
    one of our own. `stay`: the browser is not to go to the provider's page right now. `kept` is for its cookie, and
    shows later that it is the one that began.
    """

    provider: Provider
    state: str
    redirect_uri: str
    stay: bool = False
    kept: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """What a provider asks: who wants to come in where? `identities` are the accounts that it knows; `origins` are
    those that the browser may be sent to from here, the frontend's first. `csrf` goes into the form, `browser` into the
    cookie that it belongs to; `redirect_uri` as in `SocialStart`.
    """

    provider: Provider
    state: str
    csrf: str
    browser: str
    identities: tuple[Identity, ...]
    origins: tuple[str, ...]
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class SentBack:
    """The browser goes back from the provider to `redirect_uri` (as in `SocialStart`), which is told `parameters`."""

    redirect_uri: str
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialSignIn(SignedIn):
    """`is_new_user`: the account was made just now. `return_to` is where the frontend wants the browser back, and
    `handover` what it is told there to fetch the tokens with: a `code` of ours that is good once, and the `state`.
    """

    provider: str
    is_new_user: bool
    return_to: str
    handover: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class SocialLinked:
    """The account is linked to the user who asked for it. `return_to` is where the frontend wants the browser back."""

    return_to: str


@dataclass(frozen=True, slots=True)
class SignInFailure:
    """What is said of a sign-in that failed: a machine code, and perhaps the provider's own words."""

    code: str
    description: str | None


@dataclass(frozen=True, slots=True)
class AccountProfile:
    """What the provider tells of a linked account, which our own contract calls `id`."""

    id: str
    provider: str
    identity: Identity
