"""Signing in with an account elsewhere, when the provider fails or what comes back from it is not what should."""

from __future__ import annotations

from typing import Any, Literal

from devkit.contract.operations import Need
from devkit.contract.social_entities import Consent, SentBack
from devkit.faults.base import Fault, Proceed
from devkit.faults.hit import Hit
from devkit.faults.http_pages import page
from devkit.faults.matter import Answered
from devkit.faults.parameters import Duration


class ProviderError(Fault):
    """The provider asks nobody: it sends the browser straight back with this `error` (RFC 6749, section 4.1.2.1). The
    frontend is told by its address: `?error=provider_error`, or `access_denied` where it is that. With a rule that
    matches `social.decide` alone the user chooses first, and then it fails.
    """

    kind = "oauth.error"
    of_mock = "the provider that the real backend sends browsers to is none of devkit's"
    needs = (Need.CONSENT,)
    example = {"error": "temporarily_unavailable"}

    error: Literal[
        "access_denied",
        "invalid_request",
        "invalid_scope",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_response_type",
    ] = "server_error"

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        result: Consent | SentBack = await proceed()
        state = result.state if isinstance(result, Consent) else result.parameters["state"]
        description = "The provider has been told to fail"
        return SentBack(result.redirect_uri, {"error": self.error, "error_description": description, "state": state})


class CallbackDefect(Fault):
    """The user has consented, but what comes back is not good: `state` (another one than was given out: 400
    `state_invalid`), `code_replay` (the same code has come before, as from a page that sends it twice: 400
    `code_invalid`, although the first one signed the user in), or `no_email` (the provider keeps the address to itself:
    400 `email_missing`, unless that account was linked before). A browser is sent to the frontend with `?error=`.
    """

    kind = "oauth.callback"
    needs = (Need.CALLBACK,)
    example = {"defect": "state"}

    defect: Literal["state", "code_replay", "no_email"]

    @property
    def needs_mock(self) -> str:
        return "what a provider tells the real backend is not devkit's to change" if self.defect == "no_email" else ""

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        match self.defect:
            case "state":
                return await hit.again(state=hit.chance.uuid())
            case "code_replay":
                await proceed()
                return await proceed()
            case "no_email":
                return await hit.again(without_email=True)


class ProviderAway(Fault):
    """The provider itself is in trouble, with the user on its page: `down` answers 503 with a page that is not ours and
    leads nowhere, so that nobody comes back to the frontend; `slow` takes this `delay` for each of its pages.
    """

    kind = "oauth.idp"
    needs = (Need.CONSENT,)
    example = {"mode": "down"}

    mode: Literal["down", "slow"] = "down"
    delay: Duration = 10_000

    async def on_request(self, hit: Hit) -> None:
        if self.mode == "down":
            raise Answered(page(503, "Temporarily unavailable", "<p>Signing in is not possible right now.</p>"))
        await hit.sleep(self.delay)


KINDS = (ProviderError, CallbackDefect, ProviderAway)
