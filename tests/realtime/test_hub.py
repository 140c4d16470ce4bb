from __future__ import annotations

import asyncio
from time import process_time
from typing import Any

import pytest

from devkit.contract.entities import Task, Upload
from devkit.contract.events import ModelUpdate, Notification, TaskChanged, UploadComplete, UploadProgress
from devkit.contract.shipped import CONTRACT
from devkit.effects import MINUTE, Clock
from devkit.realtime.history import HISTORY_EVENTS
from devkit.realtime.hub import Delivery, Event, Hub, Subscriber


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.freeze(1_000_000)
    return clock


@pytest.fixture
def hub(clock: Clock) -> Hub:
    return Hub(clock, CONTRACT.events)


def connect(hub: Hub, id: str = "c1", *topics: str, user_id: str = "ada", session_id: str | None = None) -> Subscriber:  # noqa: A002
    subscriber = hub.connect(id, user_id=user_id, session_id=session_id)
    hub.subscribe(subscriber, topics)
    return subscriber


def note(hub: Hub, user_id: str | None = "ada", text: str = "hello") -> Event:
    return hub.publish("notification", Notification("test", text), user_id=user_id)


def progress(hub: Hub, upload_id: str = "u1", user_id: str = "ada") -> Event:
    return hub.publish("upload_progress", UploadProgress(upload_id, 1, 2, 50), user_id=user_id)


async def drain(subscriber: Subscriber) -> list[Any]:
    items: list[Any] = []
    while len(subscriber):
        items.append(await anext(subscriber))
    return items


async def test_an_event_reaches_the_subscribers_of_its_topic_and_user_only(hub: Hub) -> None:
    ada, bob, elsewhere = (
        connect(hub, "1", "tasks"),
        connect(hub, "2", "tasks", user_id="bob"),
        connect(hub, "3", "models"),
    )
    task = Task("t", "Buy milk", None, False, "low", None, 0, 0, 1)
    event = hub.publish("task_created", TaskChanged(task), user_id="ada")
    [delivery] = await drain(ada)
    assert delivery.event is event
    assert delivery.topic == "tasks"
    assert event.payload == TaskChanged(task)
    assert (len(bob), len(elsewhere)) == (0, 0)


async def test_an_event_of_nobody_is_everybodys(hub: Hub) -> None:
    subscribers = [connect(hub, str(number), "models", user_id=f"user {number}") for number in range(3)]
    hub.publish("model_update", ModelUpdate("llama2", "running", {}), user_id=None)
    assert [len(subscriber) for subscriber in subscribers] == [1, 1, 1]


def test_topics_are_filled_in_from_dotted_paths_into_the_payload(hub: Hub) -> None:
    upload = Upload("u7", "a.txt", "text/plain", 1, "00", 0)
    event = hub.publish("upload_complete", UploadComplete(upload), user_id="ada")
    assert event.topics == ("upload:u7", "uploads")


async def test_one_copy_however_many_topics_match_and_it_shows_the_first_of_the_events_topics(hub: Hub) -> None:
    both = connect(hub, "1", "uploads", "upload:u1")
    all_of_them = connect(hub, "2", "uploads")
    progress(hub)
    assert [delivery.topic for delivery in await drain(both)] == ["upload:u1"]
    assert [delivery.topic for delivery in await drain(all_of_them)] == ["uploads"]


def test_ids_rise_from_the_first_and_instants_are_the_sandboxs(clock: Clock) -> None:
    hub = Hub(clock, CONTRACT.events, first_id=40)
    assert [note(hub).id for _ in range(3)] == [41, 42, 43]
    assert note(hub).at == 1_000_000
    assert hub.newest_id == 44


def test_an_unknown_type_and_a_payload_of_another_class_are_programming_errors(hub: Hub) -> None:
    with pytest.raises(KeyError):
        hub.publish("task_exploded", Notification("a", "b"), user_id=None)
    with pytest.raises(TypeError, match="TaskChanged"):
        hub.publish("task_created", Notification("a", "b"), user_id=None)
    assert hub.newest_id == 0


async def test_after_unsubscribing_or_disconnecting_nothing_comes_and_nothing_is_left(hub: Hub) -> None:
    subscriber = connect(hub, "1", "notifications", "tasks")
    hub.unsubscribe(subscriber, ["notifications", "models"])
    note(hub)
    assert len(subscriber) == 0
    hub.disconnect(subscriber)
    hub.disconnect(subscriber)
    assert hub.subscribers() == []
    assert hub._index == {}
    assert subscriber.ending == "left"


def test_a_connection_id_is_given_once(hub: Hub) -> None:
    connect(hub, "1")
    with pytest.raises(ValueError, match="1"):
        connect(hub, "1")


async def test_replay_gives_what_came_after_the_id_on_those_topics_for_that_user(hub: Hub) -> None:
    first = note(hub)
    note(hub, "bob")
    missed = [note(hub), progress(hub)]
    progress(hub, "u2")
    everybodys = note(hub, None)
    subscriber = connect(hub)
    replay = hub.since(subscriber, first.id, ["notifications", "upload:u1"])
    assert replay is not None
    assert [delivery.event for delivery in replay.deliveries] == [*missed, everybodys]
    assert [delivery.topic for delivery in replay.deliveries] == ["notifications", "upload:u1", "notifications"]


def test_replay_gives_one_copy_of_an_event_that_is_on_two_topics(hub: Hub) -> None:
    progress(hub)
    replay = hub.since(connect(hub), 0, ["uploads", "upload:u1"])
    assert replay is not None
    assert [delivery.topic for delivery in replay.deliveries] == ["upload:u1"]


def test_who_has_the_newest_missed_nothing(hub: Hub) -> None:
    newest = note(hub)
    replay = hub.since(connect(hub), newest.id, ["notifications"])
    assert replay is not None
    assert replay.deliveries == ()


def test_an_id_that_was_never_given_out_is_gone(clock: Clock) -> None:
    hub = Hub(clock, CONTRACT.events, first_id=100)
    note(hub)
    subscriber = connect(hub)
    assert hub.since(subscriber, 102, ["notifications"]) is None
    assert hub.since(subscriber, 99, ["notifications"]) is None
    assert hub.since(subscriber, 100, ["notifications"]) is not None


def test_a_thousand_events_are_kept_and_no_more(hub: Hub) -> None:
    for _ in range(HISTORY_EVENTS + 5):
        note(hub)
    subscriber = connect(hub)
    assert hub.since(subscriber, 4, ["notifications"]) is None
    replay = hub.since(subscriber, 5, ["notifications"])
    assert replay is not None
    assert len(replay.deliveries) == HISTORY_EVENTS


def test_five_minutes_are_kept_and_no_more(hub: Hub, clock: Clock) -> None:
    old = note(hub)
    clock.advance(5 * MINUTE)
    note(hub)
    subscriber = connect(hub)
    assert hub.since(subscriber, 0, ["notifications"]) is not None
    clock.advance(1)
    assert hub.since(subscriber, 0, ["notifications"]) is None
    assert hub.since(subscriber, old.id, ["notifications"]) is not None


def test_a_clock_turned_back_does_not_keep_old_events_behind_newer_ones(hub: Hub, clock: Clock) -> None:
    note(hub)
    clock.advance(-60 * MINUTE)
    old = note(hub)
    clock.advance(6 * MINUTE)
    subscriber = connect(hub)
    assert hub.since(subscriber, 0, ["notifications"]) is None
    assert hub.since(subscriber, old.id, ["notifications"]) is not None


def test_after_forgetting_every_id_so_far_is_gone(hub: Hub) -> None:
    newest = note(hub)
    hub.forget()
    subscriber = connect(hub)
    assert hub.since(subscriber, newest.id, ["notifications"]) is None
    assert hub.since(subscriber, note(hub).id, ["notifications"]) is not None
    hub.forget(500)
    assert note(hub).id == 501


async def test_a_full_queue_ends_its_subscriber_and_nobody_else_notices(clock: Clock) -> None:
    hub = Hub(clock, CONTRACT.events, queue_limit=3)
    slow, fast = connect(hub, "slow", "notifications"), connect(hub, "fast", "notifications")
    ended: list[str] = []
    slow.on_end = lambda: ended.append("slow")
    received: list[object] = []
    for _ in range(5):
        note(hub)
        received += await drain(fast)
    assert slow.ending == "overflowed"
    assert ended == ["slow"]
    assert [item async for item in slow] == []
    assert len(received) == 5
    assert fast.ending is None


async def test_what_waits_is_still_handed_out_after_any_other_end(hub: Hub) -> None:
    subscriber = connect(hub, "1", "notifications", session_id="s1")
    note(hub)
    assert hub.end_session("s1") == 1
    note(hub)
    assert len([item async for item in subscriber]) == 1
    assert subscriber.ending == "revoked"


async def test_a_session_ends_with_all_of_its_connections_and_no_others(hub: Hub) -> None:
    mine = [connect(hub, str(number), session_id="s1") for number in range(2)]
    other, key = connect(hub, "other", session_id="s2"), connect(hub, "key", session_id=None)
    assert hub.subscribers(session_id="s1") == mine
    assert hub.subscribers(user_id="ada") == [*mine, other, key]
    assert hub.end_session("s1", "expired") == 2
    assert [subscriber.ending for subscriber in hub.subscribers()] == ["expired", "expired", None, None]


async def test_one_connection_can_be_sent_something(hub: Hub) -> None:
    subscriber = connect(hub, "1")
    assert hub.send("1", "a frame of the adapter's")
    assert not hub.send("2", "nobody")
    assert await drain(subscriber) == ["a frame of the adapter's"]


async def test_waiting_for_an_item_ends_with_the_item_or_with_the_subscriber(hub: Hub) -> None:
    subscriber = connect(hub, "1", "notifications")
    waiting = asyncio.ensure_future(anext(subscriber))
    await asyncio.sleep(0)
    event = note(hub)
    item = await waiting
    assert isinstance(item, Delivery)
    assert item.event is event
    last = asyncio.ensure_future(anext(subscriber, "over"))
    await asyncio.sleep(0)
    subscriber.end("left")
    assert await last == "over"


def test_an_event_without_subscribers_costs_nothing_for_ten_thousand_connections(hub: Hub) -> None:
    for number in range(10_000):
        connect(hub, str(number), "notifications", user_id=f"user {number}")
    everybody = hub.subscribers()
    started = process_time()
    for _ in range(100):
        note(hub, "nobody")
    spent = process_time() - started
    started = process_time()
    for _ in range(100):
        for subscriber in everybody:
            subscriber.topics  # noqa: B018 - as little as can be done with each of them
    assert spent < (process_time() - started) / 2
