"""What is known of the session that a call comes from; callers with an API key have none."""

from __future__ import annotations

from functools import partial

from devkit.contract.entities import Session
from devkit.contract.errors import DomainError
from devkit.domain.base import Caller, Resources
from devkit.effects import DAY
from devkit.storage import sessions

FORGOTTEN_AFTER = DAY
"""How long a session lives that its user does not want to be remembered."""
FRESH_FOR = DAY
"""How long after it was opened a session is new enough for what needs one."""


def session_of(caller: Caller, on: Resources) -> Session | None:
    session_id = caller.principal.session_id
    if session_id is None:
        return None
    return on.database.read(partial(sessions.details, session_id=session_id, current=session_id))


def is_remembered(session: Session | None) -> bool:
    """Whether it was meant to outlive the browser."""
    return session is None or session.expires_at - session.updated_at > FORGOTTEN_AFTER


def require_fresh(caller: Caller, on: Resources, error: str = "session_not_fresh") -> None:
    """Raises DomainError `error` where the session was opened a day ago or longer."""
    session = session_of(caller, on)
    if session is not None and on.clock.now() - session.created_at >= FRESH_FOR:
        raise DomainError(error)
