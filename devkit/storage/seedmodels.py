"""What `seed/*.yaml` may hold: one strict model for each file.

Instants are written as ISO 8601 with an offset (`2026-01-20T10:00:00.000Z`) or as a distance from the epoch (`-3d`,
`+2w`, `-1d4h30m`), which is the same moment for ever, or the day on which the data is made. Owners are named by email.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, PlainValidator, StringConstraints

from devkit.contract.entities import Priority, Role
from devkit.contract.fields import Description, Email, FullName, Name, NewPassword, Text, Title, Username, rejected
from devkit.contract.providers import PROVIDERS
from devkit.effects import DAY, HOUR, MINUTE, Instant, parse_instant
from devkit.records import dataclass

TOTAL_MAX = 10_000
"""Tasks that one user can be seeded with: the seeded state is rebuilt in memory, so it must stay small."""

_DISTANCE = re.compile(r"(?P<sign>[+-])(?P<steps>(?:\d{1,5}[wdhm])+)")
_UNITS = {"w": 7 * DAY, "d": DAY, "h": HOUR, "m": MINUTE}


_FARTHEST = 1000 * 365 * DAY


@dataclass(frozen=True, slots=True)
class Distance:
    """A moment that is told by how many milliseconds it lies after the epoch."""

    milliseconds: int


def at(moment: Instant | Distance, epoch: Instant) -> Instant:
    """The moment, where distances count from `epoch`."""
    return epoch + moment.milliseconds if isinstance(moment, Distance) else moment


def later(moment: Instant | Distance, milliseconds: int) -> Instant | Distance:
    """A moment of the same kind, so much later."""
    return Distance(moment.milliseconds + milliseconds) if isinstance(moment, Distance) else moment + milliseconds


def _moment(value: object) -> Instant | Distance:
    if not isinstance(value, str):
        raise rejected("Must be a time such as 2026-01-20T10:00:00.000Z, or a distance such as -3d")
    found = _DISTANCE.fullmatch(value.replace(" ", ""))
    if found:
        steps = re.findall(r"(\d+)([wdhm])", found["steps"])
        distance = sum(int(count) * _UNITS[unit] for count, unit in steps)
        if distance > _FARTHEST:
            raise rejected("Must be no more than 1000 years away")
        return Distance(distance if found["sign"] == "+" else -distance)
    try:
        return parse_instant(value.strip())
    except ValueError:
        raise rejected("Must be a time such as 2026-01-20T10:00:00.000Z, or a distance such as -3d") from None


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise rejected("Must be a UUID such as 7f9c24e8-3b12-4fef-91e0-56a2d5a9b1c4") from None


def _provider(text: str) -> str:
    if text not in PROVIDERS:
        raise rejected(f"Must be one of: {', '.join(PROVIDERS.names())}")
    return text


def _filename(text: str) -> str:
    if text in {".", ".."} or any(mark in text for mark in "/\\"):
        raise rejected("Must be a plain file name, without a folder")
    return text


def _json(value: JsonValue) -> JsonValue:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        raise rejected("Must be a value that JSON has: no NaN and no infinity") from None
    return value


Moment = Annotated[Instant | Distance, PlainValidator(_moment)]
Id = Annotated[str, AfterValidator(_uuid)]
Json = Annotated[JsonValue, AfterValidator(_json)]
Given = Annotated[Text, StringConstraints(min_length=1)]
FileName = Annotated[Given, StringConstraints(max_length=255), AfterValidator(_filename)]
ContentType = Annotated[str, StringConstraints(pattern=r"^[a-z]+/[A-Za-z0-9][A-Za-z0-9.+-]*$")]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{16,128}$")]
ModelId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$")]
AccountId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
ProviderName = Annotated[str, AfterValidator(_provider)]
FlagName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,99}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SeedUser(_Strict):
    """An account; without an `id` it gets one that depends on the seed number. `own` is what a contract of somebody's
    own has of it besides.
    """

    id: Id | None = None
    email: Email
    password: NewPassword
    first_name: Name
    last_name: Name = ""
    username: Username | None = None
    own: dict[str, Any] = Field(default_factory=dict)
    verified: bool = True
    role: Role = "user"
    created_at: Moment = Distance(-90 * DAY)


class UsersFile(_Strict):
    users: list[SeedUser] = Field(default_factory=list)


class SeedTask(_Strict):
    """A task written by hand; `updated_at` is `created_at` where it is not given."""

    id: Id | None = None
    title: Title
    description: Description | None = None
    completed: bool = False
    priority: Priority = "medium"
    due_date: Moment | None = None
    created_at: Moment = Distance(-DAY)
    updated_at: Moment | None = None


class SeedTaskList(_Strict):
    """A user's tasks: those written by hand, and how many there are when Faker has added the rest."""

    email: Email
    total: Annotated[int, Field(ge=0, le=TOTAL_MAX)] | None = None
    tasks: list[SeedTask] = Field(default_factory=list)


class TasksFile(_Strict):
    owners: list[SeedTaskList] = Field(default_factory=list)


class SeedModel(_Strict):
    """A language model; `size` in bytes."""

    id: ModelId
    name: Given
    status: Literal["stopped", "starting", "running", "error"] = "stopped"
    size: Annotated[int, Field(ge=0, lt=2**53)]
    details: dict[str, Json] = Field(default_factory=dict)
    updated_at: Moment = Distance(0)


class ModelsFile(_Strict):
    models: list[SeedModel] = Field(default_factory=list)


class FlagsFile(_Strict):
    flags: dict[FlagName, Json] = Field(default_factory=dict)


class SeedApiKey(_Strict):
    """An API key; the key itself is stored as a hash only."""

    id: Id | None = None
    owner: Email
    name: Given
    key: Key
    created_at: Moment = Distance(-30 * DAY)


class ApiKeysFile(_Strict):
    api_keys: list[SeedApiKey] = Field(default_factory=list)


class SeedUpload(_Strict):
    """An upload; `file` is a path inside the seed folder, `filename` what the client sees (else its last part)."""

    id: Id | None = None
    owner: Email
    file: Given
    filename: FileName | None = None
    content_type: ContentType
    created_at: Moment = Distance(-7 * DAY)


class UploadsFile(_Strict):
    uploads: list[SeedUpload] = Field(default_factory=list)


class SeedMessage(_Strict):
    """A message; without `created_at` it comes a minute after the one before."""

    id: Id | None = None
    role: Literal["user", "assistant"]
    content: Given
    created_at: Moment | None = None


class SeedConversation(_Strict):
    id: Id | None = None
    owner: Email
    title: Title
    created_at: Moment = Distance(-2 * DAY)
    messages: list[SeedMessage] = Field(default_factory=list)


class ConversationsFile(_Strict):
    conversations: list[SeedConversation] = Field(default_factory=list)


class SeedIdentity(_Strict):
    """An account at providers to sign in with; without an `id` it gets one that depends on the seed number."""

    id: AccountId | None = None
    providers: Annotated[list[ProviderName], Field(min_length=1)] = Field(default_factory=PROVIDERS.names)
    name: Annotated[FullName, StringConstraints(min_length=1)]
    email: Email | None = None
    verified: bool = True


class IdentitiesFile(_Strict):
    identities: list[SeedIdentity] = Field(default_factory=list)
