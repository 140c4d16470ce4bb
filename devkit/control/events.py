"""Events on demand: what a WebSocket would be told if something happened."""

from __future__ import annotations

import re
from typing import Any

from devkit.contract.base import Contract, EventKind
from devkit.contract.resources import Changed
from devkit.control.base import Call, ControlError, ControlOperation, Json, Parameter
from devkit.control.payloads import PayloadError, needed, payload_of
from devkit.errors import did_you_mean
from devkit.realtime.event import Event, concrete_topics
from devkit.storage import users

_FIELD = re.compile(r"<([\w.]+)>")


async def list_events(call: Call) -> Json:
    """`{data, total}`: each event with the topics it is told on, and a payload with what cannot be made up."""
    data = [
        {
            "type": kind.name,
            "summary": kind.summary,
            "topics": [_FIELD.sub("<id>", topic) for topic in kind.topics],
            "payload": {kind.singular: {}} if kind.schema is not None else needed(kind.payload),
        }
        for kind in call.sandbox.contract.events
    ]
    return {"data": data, "total": len(data)}


async def push(call: Call) -> Json:
    """`{id, type, topics, receivers}`: the event as it was told, and how many connections heard it."""
    topic = call.values["topic"]
    kind = _kind(call.sandbox.contract, topic, call.values["type"])
    given = dict(call.values["payload"])
    if bound := _bound(kind, topic):
        _put(given, *bound)
    sandbox = call.sandbox
    try:
        payload = _payload(kind, given, call)
    except PayloadError as error:
        raise _unusable({f"payload.{name}": problem for name, problem in error.problems.items()}) from None
    if topic not in (told := concrete_topics(kind, payload)):
        raise _unusable({"topic": f"With this payload {kind.name} is told on {', '.join(told)}"})
    event = sandbox.hub.publish(kind.name, payload, user_id=_user_id(call))
    return {"id": event.id, "type": event.type, "topics": list(event.topics), "receivers": _receivers(call, event)}


def _payload(kind: EventKind, given: dict[str, Json], call: Call) -> Any:
    """Raises PayloadError."""
    sandbox = call.sandbox
    if kind.schema is None:
        return payload_of(kind.payload, given, draw=sandbox.randomness.uuid, now=sandbox.clock.now())
    for name in given.keys() - {kind.singular}:
        raise PayloadError({name: f"There is no such field here.{did_you_mean(name, [kind.singular])}"})
    values = given.get(kind.singular, {})
    if not isinstance(values, dict):
        raise PayloadError({kind.singular: "Must be a JSON object"})
    # Whatever it holds: what a backend should not send is what one may want to try.
    return Changed(kind.singular, values)


def _kind(contract: Contract, topic: str, name: str | None) -> EventKind:
    """The event that is meant. Raises ControlError."""
    word, _, identifier = topic.partition(":")
    told = [kind for kind in contract.events if any(_fits(template, topic) for template in kind.topics)]
    if not told or (identifier and word not in contract.owned_topics):
        known = [*contract.topics, *(f"{owned}:<id>" for owned in contract.owned_topics)]
        guess = did_you_mean(topic, contract.topics)
        raise _unusable({"topic": f"There is no topic {topic[:80]!r}.{guess} There are {', '.join(known)}"})
    names = [kind.name for kind in told]
    if name is None:
        if len(told) > 1:
            raise _unusable({"type": f"Required, since several are told on {topic}: {', '.join(names)}"})
        return told[0]
    if name not in contract.events:
        raise _unusable({"type": f"There is no event {name[:80]!r}.{did_you_mean(name, names)}"})
    if name not in names:
        raise _unusable(
            {
                "type": f"{name} is not told on {topic}; {', '.join(names)} are"
                if len(names) > 1
                else f"{name} is not told on {topic}, but {names[0]} is"
            }
        )
    return contract.events[name]


def _fits(template: str, topic: str) -> bool:
    return re.fullmatch(_FIELD.sub("[^:]+", template), topic) is not None


def _bound(kind: EventKind, topic: str) -> tuple[list[str], str] | None:
    """The field of the payload that a topic such as `upload:<id>` names, and its value."""
    for template in kind.topics:
        field = _FIELD.search(template)
        if field and _fits(template, topic):
            return field[1].split("."), topic.partition(":")[2]
    return None


def _put(given: dict[str, Json], path: list[str], value: str) -> None:
    """Fill a field in that the payload leaves out; what it says itself is left, and judged later."""
    for step in path[:-1]:
        inner = given.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        given = inner
    given.setdefault(path[-1], value)


def _user_id(call: Call) -> str | None:
    email = call.values["user"]
    if email is None:
        return None
    found = call.sandbox.database.read(lambda connection: users.find_by_email(connection, email))
    if found is None:
        raise ControlError(404, "not_found", f"There is no user {email[:80]!r} in the sandbox {call.sandbox.id}")
    return found.id


def _receivers(call: Call, event: Event) -> int:
    subscribers = (
        call.sandbox.hub.subscribers(user_id=event.user_id) if event.user_id else call.sandbox.hub.subscribers()
    )
    return sum(1 for subscriber in subscribers if any(topic in subscriber.topics for topic in event.topics))


def _unusable(details: dict[str, str]) -> ControlError:
    return ControlError(400, "validation_error", "Some parameters are not usable", details=details)


ROWS = (
    ControlOperation(
        id="event.list",
        method="GET",
        path="/_devkit/api/events",
        summary="The events there are, their topics, and what a payload must hold",
        handler=list_events,
    ),
    ControlOperation(
        id="event.push",
        method="POST",
        path="/_devkit/api/events",
        summary="Tell an event to the WebSockets that subscribed to its topic",
        handler=push,
        status=201,
        parameters=(
            Parameter(name="topic", summary="Where it is told: notifications, tasks, upload:<id> …", required=True),
            Parameter(
                name="payload",
                summary="Its fields, in the contract's names; what can be made up may be left out",
                type="object",
                default={},
            ),
            Parameter(name="type", summary="Which event; not needed where the topic has only one"),
            Parameter(name="user", summary="Whose event it is, by email; everybody's if left out"),
        ),
    ),
)
