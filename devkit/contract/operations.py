"""What an operation is: one thing the backend can do, declared once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum, Flag, auto
from typing import Any

from pydantic import BaseModel, ConfigDict

from devkit.contract.keeping import Keeping
from devkit.contract.shapes import Outcome, Shape, Told
from devkit.records import dataclass


class Access(Enum):
    """Who may call an operation."""

    PUBLIC = "public"
    """Anybody; credentials are not looked at."""
    OPTIONAL = "optional"
    """Anybody; a signed-in caller is recognised, bad credentials count as none."""
    SIGNED_IN = "signed_in"
    """Needs valid credentials."""


class Media(Enum):
    """What the request's body is, where a row's method has one."""

    NONE = "none"
    JSON = "json"
    FORM = "form"
    """What an HTML form sends: `application/x-www-form-urlencoded`."""
    MULTIPART = "multipart"


class Need(Flag):
    """What an operation has, and what a fault or a scenario may need: they name these and no operation, and so they
    reach those of any contract. `devkit.contract.needs` says in words what each means.
    """

    LIST = auto()
    ITEM = auto()
    RESOURCE = auto()
    WRITE = auto()
    CREATE = auto()
    DELETE = auto()
    ATOMIC = auto()
    IDEMPOTENCY = auto()
    SESSION = auto()
    CREDENTIALS = auto()
    ACCOUNT = auto()
    TOKENS = auto()
    LOGIN = auto()
    REFRESH = auto()
    USER = auto()
    MAIL = auto()
    VERIFY_LINK = auto()
    RESET_LINK = auto()
    KEYS = auto()
    CONSENT = auto()
    CALLBACK = auto()
    UPLOAD = auto()
    DOWNLOAD = auto()
    STREAM = auto()
    EVENT = auto()
    VERSION = auto()
    FLAGS = auto()
    HEALTH = auto()

    @property
    def word(self) -> str:
        """How scenarios write it."""
        return str(self.name).lower()


NOTHING = Need(0)


class Input(BaseModel):
    """Everything an operation is told, whether it came in the path, the query, a header, a cookie or the body.

    Field names are the contract's own (snake_case); each dialect spells them its way. Fields that the contract does not
    know are ignored, as real backends do.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class Conditional(Input):
    """What says for which versions of a thing it is meant (RFC 9110, section 13.1): fields as the headers have them."""

    if_match: str | None = None
    if_none_match: str | None = None


CONDITIONS = frozenset(Conditional.model_fields)
"""The fields of a `Conditional` that belong to no thing."""


Given = Input | Told
"""What a keeper is given."""


class NoInput(Input):
    """The operation is told nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing the backend can do.

    `id` is what rules match, journals record and the verifier checks: `area.name`. `keeper` is the service method that
    keeps the promise, `service.method`, or says who else does; it is called with the caller (a `Principal`; or None,
    where access is not SIGNED_IN) and an `input`, and returns a `result`. `errors` names what can go wrong beyond what
    holds everywhere. `role` is one that whoever calls must have; empty for any. `emits` names the events it causes.
    `example` is a valid input in the contract's names. `has` are needs that it meets and that nothing else here tells.

    Where there is a `shape`, a call is told what that says, and its keeper is given a `Told`; `outcomes` are the
    answers that are promised then.
    """

    id: str
    summary: str
    description: str = ""
    keeper: str | Keeping
    result: Any
    access: Access = Access.SIGNED_IN
    role: str = ""
    media: Media = Media.NONE
    input: type[Input] = NoInput
    errors: tuple[str, ...] = ()
    emits: tuple[str, ...] = ()
    example: Mapping[str, Any] = field(default_factory=dict)
    has: Need = NOTHING
    shape: Shape | None = None
    outcomes: tuple[Outcome, ...] = ()

    @property
    def area(self) -> str:
        return self.id.partition(".")[0]

    @property
    def service(self) -> str:
        """The service of ours that keeps it; empty for none."""
        return self.keeper.partition(".")[0] if isinstance(self.keeper, str) else ""
