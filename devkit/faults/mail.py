"""Mails that come late, twice or not at all, and links that do not work."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import model_validator

from devkit.contract.fields import rejected
from devkit.contract.operations import Need
from devkit.faults.base import Fault, Proceed
from devkit.faults.hit import Hit
from devkit.faults.levers import LinkEnd
from devkit.faults.parameters import Duration


class _Link(Fault):
    of_mock = "what its links are worth is for the real backend to say"

    state: LinkEnd = "expired"

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        await hit.levers.end_link(hit.subject.input.token, self.state)
        hit.felt = True
        return await proceed()


class VerifyLink(_Link):
    """The link of the verification mail does not work, now and later: it has `expired` (410 `token_expired`) or was
    `used` (400 `token_invalid`). The address stays unverified; a mail that is asked for afterwards brings a link that
    works, unless the rule fires again.
    """

    kind = "verify.link"
    needs = (Need.VERIFY_LINK,)
    example = {"state": "expired"}


class ResetLink(_Link):
    """The link to reset the password does not work, now and later: it has `expired` (410 `token_expired`) or was `used`
    (400 `token_invalid`). The password stays as it is.
    """

    kind = "reset.link"
    needs = (Need.RESET_LINK,)
    example = {"state": "used"}


class MailFault(Fault):
    """The call succeeds and says that a mail is on its way, but the mail comes late (`delay`, by the sandbox's clock;
    one minute if no `delay` is given), never (`drop`) or twice (`duplicate`, the second later by `delay`). `match.user`
    is the recipient.
    """

    kind = "mail"
    of_mock = "the real backend sends its mails itself"
    needs = (Need.MAIL,)
    example = {"mode": "delay", "delay": "30s"}

    mode: Literal["delay", "drop", "duplicate"]
    delay: Duration | None = None

    @model_validator(mode="after")
    def _delay_belongs_to_its_mode(self) -> Self:
        if self.delay is not None and self.mode == "drop":
            raise rejected("a mail that is dropped has no `delay`")
        return self

    async def on_mail(self, hit: Hit, copies: list[int]) -> list[int]:
        match self.mode:
            case "drop":
                return []
            case "delay":
                late = 60_000 if self.delay is None else self.delay
                return [copy + late for copy in copies]
            case "duplicate":
                return [*copies, *(copy + (self.delay or 0) for copy in copies)]


KINDS = (VerifyLink, ResetLink, MailFault)
