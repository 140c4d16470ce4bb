"""The protocol `events`: topics to subscribe to, and what happens on them."""

from __future__ import annotations

from devkit.dialects.frames import (
    EVENT_SOCKET,
    Connected,
    Opened,
    Ping,
    Pong,
    Resync,
    Subscribe,
    Subscription,
    Unsubscribe,
)
from devkit.server.sockets.messages import BadMessage, read_message, shown
from devkit.server.sockets.speech import Speech

_MOST_TOPICS = 1_000
"""Of one connection: uploads that nobody has yet may be waited for, and there is no end of their ids."""


class EventSpeech(Speech):
    """`/ws` (CONTRACT.md): events come by themselves, through the hub."""

    protocol = EVENT_SOCKET

    async def greet(self) -> None:
        subscriber = self._subscriber
        if subscriber.user_id is None:
            self.say(Opened(connection_id=subscriber.id, timestamp=self.now))
            return
        self.say(Connected(connection_id=subscriber.id, user_id=subscriber.user_id, timestamp=self.now))

    async def hear(self, data: bytes) -> None:
        match read_message(data):
            case Ping():
                self.say(Pong(timestamp=self.now))
            case Subscribe(topics, since):
                self._subscribe(topics, since)
            case Unsubscribe(topics):
                self._unsubscribe(topics)

    def _subscribe(self, topics: tuple[str, ...], since: int | None) -> None:
        for topic in dict.fromkeys(topics):
            if not self._may_hear(topic):
                raise _forbidden(topic)
        if len(self._subscriber.topics.keys() | set(topics)) > _MOST_TOPICS:
            raise BadMessage("validation_error", f"A connection may hear {_MOST_TOPICS} topics at most")
        hub = self._sockets.hub
        hub.subscribe(self._subscriber, topics)
        self.say(Subscription(status="subscribed", topics=topics, timestamp=self.now))
        if since is None:
            return
        missed = hub.since(self._subscriber, since, topics)
        if missed is None:
            self.say(Resync())
        else:
            self._subscriber.offer(missed)

    def _unsubscribe(self, topics: tuple[str, ...]) -> None:
        for topic in dict.fromkeys(topics):
            # What was subscribed to can be given up, also when the thing itself is no longer there.
            if topic not in self._subscriber.topics and not self._may_hear(topic):
                raise _forbidden(topic)
        self._sockets.hub.unsubscribe(self._subscriber, topics)
        self.say(Subscription(status="unsubscribed", topics=topics, timestamp=self.now))

    def _may_hear(self, topic: str) -> bool:
        if self._principal is None:
            return topic in self._open_topics
        return self._sockets.may_hear(self._principal, topic)


def _forbidden(topic: str) -> BadMessage:
    # One sentence for both, so that it does not tell which ids exist.
    return BadMessage("forbidden_topic", f"The topic {shown(topic)} does not exist or is not yours")
