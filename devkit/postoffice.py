"""The post office of a sandbox: what becomes of a mail that a service hands in. Services do not know that mails can be
late or lost; scenarios decide it here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING

from devkit.contract.entities import Mail
from devkit.effects import Clock, Randomness
from devkit.faults.base import Moment
from devkit.faults.hit import Fingerprint, Subject
from devkit.journal import Journal, MailEntry
from devkit.records import dataclass
from devkit.scenario.engine import Engine

if TYPE_CHECKING:
    from devkit.scenario.model import Scenario


@dataclass(frozen=True, slots=True)
class _Cause:
    subject: Subject
    borrowed: Iterable[Scenario]


_CAUSE: ContextVar[_Cause | None] = ContextVar("devkit-mail-cause", default=None)


@contextlib.contextmanager
def caused_by(subject: Subject, borrowed: Iterable[Scenario]) -> Iterator[None]:
    """Mails that are handed in within are due to this request, and to the scenarios that it brought along."""
    token = _CAUSE.set(_Cause(subject, borrowed))
    try:
        yield
    finally:
        _CAUSE.reset(token)


@dataclass(frozen=True, slots=True)
class Posted:
    """A mail that was handed in: the copies to put into the mailbox, and what had a hand in it."""

    mail: Mail
    copies: tuple[Mail, ...]
    faults: tuple[Fingerprint, ...] = ()


class PostOffice:
    """Decides how many copies of a mail are delivered, and when."""

    def __init__(
        self, *, sandbox: str, clock: Clock, journal: Journal, ids: Randomness, engine: Callable[[], Engine]
    ) -> None:
        """`ids` draws the ids of further copies; `engine` is asked for late, since services come before it."""
        self._sandbox = sandbox
        self._clock, self._journal, self._ids, self._engine = clock, journal, ids, engine

    async def accept(self, mail: Mail) -> Posted:
        """What becomes of a mail: one copy, as it is, unless a fault strikes."""
        cause = _CAUSE.get()
        engine = self._engine()
        if engine.idle and (cause is None or not cause.borrowed):
            return Posted(mail, (mail,))
        payload = {"to": mail.to, "kind": mail.kind, "subject": mail.subject}
        about = replace(cause.subject if cause else Subject(operation=""), user=mail.to, body={}, payload=payload)
        strikes = engine.strike(Moment.MAIL, about, cause.borrowed if cause else ())
        delays = [0]
        for strike in strikes:
            delays = await strike.fault.on_mail(strike.hit, delays)
        copies = tuple(self._copy(mail, number, delay) for number, delay in enumerate(delays))
        return Posted(mail, copies, tuple(Fingerprint.of(strike.hit) for strike in strikes))

    def sent(self, posted: Posted) -> None:
        """The copies are in the mailbox."""
        mail = posted.mail
        self._journal.add(
            MailEntry(
                number=self._journal.next_number(),
                at=mail.sent_at,
                sandbox=self._sandbox,
                mail_id=mail.id,
                to=mail.to,
                kind=mail.kind,
                subject=mail.subject,
                delivered=tuple(copy.sent_at for copy in posted.copies),
                faults=posted.faults,
            )
        )

    def _copy(self, mail: Mail, number: int, delay: int) -> Mail:
        due_at = self._clock.now() + delay if delay else None
        return replace(mail, id=self._ids.uuid() if number else mail.id, sent_at=due_at or mail.sent_at, due_at=due_at)
