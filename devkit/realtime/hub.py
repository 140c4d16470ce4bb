"""A sandbox's event hub: whoever has news publishes it here, whoever is connected hears what they subscribed to.

Everything is synchronous and in the order of the calls. Dictionaries stand for sets throughout: their order is that of
insertion, and so the same calls deliver in the same order on every run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from devkit.contract.base import EventKind
from devkit.effects import Clock
from devkit.realtime.event import Delivery, Event, Replay, concrete_topics
from devkit.realtime.history import History
from devkit.realtime.subscriber import QUEUE_LIMIT, Ending, Subscriber
from devkit.registry import Registry

__all__ = ["Delivery", "Ending", "Event", "Hub", "Replay", "Subscriber"]


class Hub:
    """Events in, deliveries out: those of a contract's `events`.

    Ids of events rise from `first_id + 1`. A hub keeps its history in memory only; one that follows another (a server
    started again) is given a `first_id` above all ids of the former, so that a client that asks for what it missed
    from the former is told to fetch everything anew.
    """

    def __init__(
        self, clock: Clock, events: Registry[EventKind], *, first_id: int = 0, queue_limit: int = QUEUE_LIMIT
    ) -> None:
        self._clock, self._events = clock, events
        self._newest = first_id
        self._queue_limit = queue_limit
        self._history = History(first_id)
        self._subscribers: dict[str, Subscriber] = {}
        # topic → user → subscribers. By user, so that one user's event costs nothing for the thousands of others.
        self._index: dict[str, dict[str | None, dict[Subscriber, None]]] = {}

    def adopt(self, events: Registry[EventKind]) -> None:
        """From now on it tells these."""
        self._events = events

    @property
    def newest_id(self) -> int:
        """The id of the newest event, `first_id` before the first."""
        return self._newest

    def publish(self, type: str, payload: object, *, user_id: str | None) -> Event:  # noqa: A002 - as on the wire
        """Tell an event to the connections of `user_id` (None: of everybody) that subscribed to one of its topics.

        A connection gets one copy however many of them it subscribed to. Costs as much as there are receivers, never
        waits. Raises KeyError for a type the contract does not know, TypeError for a payload of the wrong class.
        """
        topics = concrete_topics(self._events[type], payload)
        self._newest += 1
        event = Event(self._newest, type, topics, user_id, payload, self._clock.now())
        self._history.add(event)
        told: set[Subscriber] = set()
        for topic in topics:
            if topic not in self._index:
                continue
            delivery = Delivery(event, topic)
            for subscriber in self._listening(topic, user_id):
                if subscriber not in told:
                    told.add(subscriber)
                    subscriber.offer(delivery)
        return event

    def take_ids(self, count: int) -> int:
        """Give out the next `count` ids without an event; returns the first."""
        first = self._newest + 1
        self._newest += count
        self._history.skip(self._newest)
        return first

    def _listening(self, topic: str, user_id: str | None) -> Iterator[Subscriber]:
        users = self._index.get(topic)
        if users is None:
            return
        if user_id is not None:
            yield from users.get(user_id, ())
            return
        for subscribers in users.values():
            yield from subscribers

    def connect(
        self,
        id: str,  # noqa: A002
        *,
        user_id: str | None,
        session_id: str | None,
        is_socket: bool = True,
    ) -> Subscriber:
        """A new connection, subscribed to nothing; with no user it hears what is everybody's. Raises ValueError where
        the id is taken.
        """
        if id in self._subscribers:
            raise ValueError(f"there is a connection {id} already")
        subscriber = Subscriber(
            id,
            user_id=user_id,
            session_id=session_id,
            limit=self._queue_limit,
            opened_at=self._clock.now(),
            is_socket=is_socket,
        )
        self._subscribers[id] = subscriber
        return subscriber

    def disconnect(self, subscriber: Subscriber) -> None:
        """Forget the connection (if it is known), and end it if it has not ended."""
        self.unsubscribe(subscriber, list(subscriber.topics))
        if self._subscribers.get(subscriber.id) is subscriber:
            del self._subscribers[subscriber.id]
        subscriber.end("left")

    def subscribe(self, subscriber: Subscriber, topics: Iterable[str]) -> None:
        """Tell the connection of these topics from now on. Whether it may hear of them is the caller's to know."""
        for topic in topics:
            subscriber.topics[topic] = None
            self._index.setdefault(topic, {}).setdefault(subscriber.user_id, {})[subscriber] = None

    def unsubscribe(self, subscriber: Subscriber, topics: Iterable[str]) -> None:
        """Tell it no more of these; topics that it had not subscribed to are passed over."""
        for topic in topics:
            if topic not in subscriber.topics:
                continue
            del subscriber.topics[topic]
            users = self._index[topic]
            users[subscriber.user_id].pop(subscriber)
            if not users[subscriber.user_id]:
                del users[subscriber.user_id]
            if not users:
                del self._index[topic]

    def since(self, subscriber: Subscriber, id: int, topics: Iterable[str]) -> Replay | None:  # noqa: A002
        """What this connection's user missed on `topics` after the event `id`; None where that cannot be known.

        A client that names an id says that it has everything up to there, so everything later is replayed, also what
        this very connection was told already. Unknown are ids before the oldest event still kept, and ids larger than
        the newest: those were given out by a hub before this one.
        """
        missed = self._history.since(id, topics, subscriber.user_id, self._clock.now())
        return None if missed is None else Replay(tuple(missed))

    def forget(self, newest_id: int = 0) -> None:
        """Empty the history, after the sandbox was reset: no id given out so far can be asked for any more. The next
        event's id is above `newest_id` too.
        """
        self._newest = max(self._newest + 1, newest_id)
        self._history.forget(self._newest)

    def find(self, id: str) -> Subscriber | None:  # noqa: A002 - what it is called everywhere
        """The connection of that id; None where it is not there (any more)."""
        return self._subscribers.get(id)

    def subscribers(self, *, user_id: str | None = None, session_id: str | None = None) -> list[Subscriber]:
        """The connections (of that user, of that session), oldest first."""
        return [
            subscriber
            for subscriber in self._subscribers.values()
            if user_id in {None, subscriber.user_id} and session_id in {None, subscriber.session_id}
        ]

    def end_session(self, session_id: str, ending: Ending = "revoked") -> int:
        """End the connections of a session; how many there were."""
        subscribers = self.subscribers(session_id=session_id)
        for subscriber in subscribers:
            subscriber.end(ending)
        return len(subscribers)

    def close(self, id: str, code: int, reason: str = "") -> bool:  # noqa: A002
        """End one connection with that close code and reason; False where none of that id is open."""
        subscriber = self._subscribers.get(id)
        if subscriber is None or subscriber.ending is not None:
            return False
        subscriber.goodbye = code, reason
        subscriber.end("left")
        return True

    def send(self, id: str, item: object) -> bool:  # noqa: A002
        """Queue `item` for one connection; False where there is none of that id, or it takes nothing more."""
        subscriber = self._subscribers.get(id)
        return subscriber is not None and subscriber.offer(item)
