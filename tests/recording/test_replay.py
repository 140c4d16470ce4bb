"""A recording, played again (FACTS.md, "Replay"; REAL-BACKEND.md, "Epochs")."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from devkit.errors import FileError
from devkit.recording.base import Fields, Recorded
from devkit.recording.replay.opening import open_player
from devkit.recording.replay.player import Asked, Deck, Missed, Played, Player
from tests.recording.hars import entry, write

JSON = (("Content-Type", "application/json"),)
BEGAN = 1768903200.0


def learn(exchanges: Iterable[Recorded]) -> list[tuple[str, str]]:
    """Numbers are ids: what learning finds, in a line."""
    return [(one.method, re.sub(r"/\d+|/[0-9a-f-]{36}", "/{id}", one.path)) for one in exchanges]


class Client:
    """One sandbox's."""

    def __init__(self, player: Player, now: float = BEGAN) -> None:
        self.player, self.deck = player, player.deck(now)

    def ask(self, method: str, target: str, body: object = None, fields: Fields = JSON) -> Played:
        found = self.try_to(method, target, body, fields)
        assert isinstance(found, Played), str(found)
        return found

    def try_to(self, method: str, target: str, body: object = None, fields: Fields = JSON) -> Played | Missed:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        return self.player.play(self.deck, Asked(method=method, target=target, fields=fields, body=data))


def play(path: Path, *entries: dict[str, Any], settings: str = "", now: float = BEGAN) -> Client:
    for second, one in enumerate(entries):
        one["startedDateTime"] = f"2026-01-20T10:00:{second:02d}.000Z"
    write(path / "session.har", *entries)
    if settings:
        (path / "replay.yaml").write_text(settings)
    return Client(open_player(path, learn)[0], now)


def test_reads_replay_what_holds_between_writes(tmp_path: Path) -> None:
    client = play(
        tmp_path,
        entry(answer="[]"),
        entry("POST", body='{"n": 1}', status=201, answer='{"id": 1}'),
        entry(answer='[{"id": 1}]'),
        entry("DELETE", "http://shop.test/orders/1", status=204),
        entry(answer="[ ]"),
    )

    assert [client.ask("GET", "/orders").body for _ in range(3)] == [b"[]", b"[]", b"[]"]
    assert client.ask("POST", "/orders", {"n": 1}).status == 201
    assert [client.ask("GET", "/orders").body for _ in range(2)] == [b'[{"id": 1}]'] * 2
    assert client.ask("DELETE", "/orders/1").status == 204
    assert client.ask("GET", "/orders").body == b"[ ]"


def test_equal_reads_within_an_epoch_come_in_order_and_then_hold(tmp_path: Path) -> None:
    # MSW and WireMock do so; Playwright's routeFromHAR always gives the first.
    client = play(tmp_path, *(entry(answer=f'"{step}"') for step in ("queued", "running", "done")))

    assert [client.ask("GET", "/orders").body for _ in range(4)] == [b'"queued"', b'"running"', b'"done"', b'"done"']


def test_what_was_refused_moves_nothing(tmp_path: Path) -> None:
    client = play(
        tmp_path,
        entry(answer="[]"),
        entry("POST", body='{"n": 0}', status=422, answer="{}"),
        entry("POST", body='{"n": 1}', status=201, answer="{}"),
        entry(answer="[1]"),
    )
    client.ask("GET", "/orders")

    assert client.ask("POST", "/orders", {"n": 0}).status == 422
    assert client.ask("GET", "/orders").body == b"[]"
    client.ask("POST", "/orders", {"n": 1})
    assert client.ask("GET", "/orders").body == b"[1]"


def test_a_write_moves_on_what_was_seen_to_change_with_it(tmp_path: Path) -> None:
    cart = "http://shop.test/cart"
    client = play(
        tmp_path,
        entry(url=cart, answer="[1]"),
        entry("POST", "http://shop.test/checkout", body="{}", answer="{}"),
        entry(url=cart, answer="[]"),
    )

    assert [client.ask("GET", "/cart").body for _ in range(2)] == [b"[1]", b"[1]"]
    client.ask("POST", "/checkout", {})
    assert client.ask("GET", "/cart").body == b"[]"


def test_sandboxes_do_not_move_each_other(tmp_path: Path) -> None:
    first = play(tmp_path, entry(answer="[]"), entry("POST", body="{}", status=201, answer="{}"), entry(answer="[1]"))
    second = Client(first.player)
    first.ask("POST", "/orders", {})

    assert (first.ask("GET", "/orders").body, second.ask("GET", "/orders").body) == (b"[1]", b"[]")
    assert Client(first.player).ask("GET", "/orders").body == b"[]"


def test_who_is_signed_in_is_answered_as_who_was(tmp_path: Path) -> None:
    me = "http://shop.test/me"
    client = play(
        tmp_path,
        entry(url=me, status=401, answer="{}"),
        entry(url=me, answer='{"name": "Ada"}', sent={"Authorization": "Bearer x"}),
    )
    own = (("Authorization", "Bearer another one"),)

    assert client.ask("GET", "/me", fields=own).status == 200
    assert client.ask("GET", "/me").status == 401


@pytest.mark.parametrize(
    ("recorded", "kind", "asked", "asked_kind"),
    [
        ('{"a": 1, "b": [1.0]}', "application/json", b'{"b":[1],"a":1.0}', "application/json; charset=utf-8"),
        ("a=1&b=c+d", "application/x-www-form-urlencoded", b"b=c%20d&a=1", "application/x-www-form-urlencoded"),
        (
            '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            b'--yy\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--yy--\r\n',
            "multipart/form-data; boundary=yy",
        ),
        (
            '{"query": "query Cart {\\n  cart { id }\\n}", "variables": {}, "operationName": "Cart"}',
            "application/json",
            b'{"query":"query Cart { cart { id __typename } }","variables":{}}',
            "application/json",
        ),
        ('{"email": "a@b.test", "password": "devkit-secret-1"}', "application/json",
         b'{"email": "a@b.test", "password": "hunter2"}', "application/json"),
    ],
    ids=["json", "form", "multipart", "graphql", "secrets"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_bodies_are_compared_as_what_they_say(
    tmp_path: Path, method: str, recorded: str, kind: str, asked: bytes, asked_kind: str
) -> None:
    other = entry(method, body='{"a": 2}', answer='"other"')
    client = play(tmp_path, other, entry(method, body=recorded, kind=kind, answer='"this"'))

    assert client.ask(method, "/orders", asked, (("Content-Type", asked_kind),)).body == b'"this"'


def test_a_query_is_a_multiset(tmp_path: Path) -> None:
    client = play(tmp_path, entry(url="http://shop.test/orders?b=1&a=2&a=1", answer='"yes"'))

    assert client.ask("GET", "/orders?a=1&b=1&a=2").body == b'"yes"'
    assert isinstance(client.try_to("GET", "/orders?a=1&b=1"), Missed)


def test_a_body_that_is_not_known_matches_any(tmp_path: Path) -> None:
    client = play(tmp_path, entry("POST", sent={"Content-Length": "9"}, answer='"yes"'))

    assert client.ask("POST", "/orders", {"any": "thing"}).body == b'"yes"'


def test_a_miss_names_what_is_nearest_and_the_first_difference(tmp_path: Path) -> None:
    client = play(
        tmp_path,
        entry("POST", body='{"items": [{"id": 7, "quantity": 2}], "note": ""}', answer="{}"),
        entry("POST", body='{"other": true}', answer="{}"),
        entry(url="http://shop.test/orders?page=1", answer="[]"),
        entry(url="http://shop.test/customers", answer="[]"),
    )
    posted = client.try_to("POST", "/orders", {"items": [{"id": 7, "quantity": 3}], "note": ""})

    assert isinstance(posted, Missed)
    assert posted.nearest[0] == (
        "POST /orders",
        "`items[0].quantity` in its body is 2, not 3",
    )
    assert str(client.try_to("GET", "/orders?page=2")) == (
        "GET /orders was not recorded. Nearest: GET /orders?page=1 (its query has page=1, where page=2 is asked)"
    )
    assert "GET /customers (its path is /customers)" in str(client.try_to("GET", "/customer"))
    assert str(client.try_to("GET", "/zzz")) == "GET /zzz was not recorded, and nothing like it"


def test_each_hop_of_a_redirect_has_its_cookies(tmp_path: Path) -> None:
    # Playwright's routeFromHAR walks redirects itself and loses their cookies.
    hop = entry(url="http://shop.test/login", status=302, said={"Location": "/home", "Set-Cookie": "a=1\nb=2"})
    client = play(tmp_path, hop, entry(url="http://shop.test/home", answer="{}"))
    found = client.ask("GET", "/login")

    assert found.status == 302
    assert found.fields == (("Location", "/home"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))


def test_a_recorded_failure_is_one(tmp_path: Path) -> None:
    client = play(tmp_path, entry(status=0, response={"_error": "net::ERR_CONNECTION_RESET"}))

    assert (client.ask("GET", "/orders").status, client.ask("GET", "/orders").failure) == (0, "reset")


def test_what_was_of_the_moment_is_not_sent_again(tmp_path: Path) -> None:
    said = {"Date": "x", "Content-Encoding": "br", "Content-Length": "9", "Transfer-Encoding": "chunked", "ETag": '"1"'}
    client = play(tmp_path, entry(answer="{}", said={**said, "Content-Type": "application/json"}))

    assert client.ask("GET", "/orders").fields == (("ETag", '"1"'), ("Content-Type", "application/json"))


def test_a_304_answers_who_asks_for_one(tmp_path: Path) -> None:
    client = play(tmp_path, entry(answer="[]", said={"ETag": '"1"'}), entry(status=304))
    conditional = (("If-None-Match", '"1"'),)

    assert [client.ask("GET", "/orders").status for _ in range(2)] == [200, 200]
    assert client.ask("GET", "/orders", fields=conditional).status in {200, 304}


def test_a_head_is_answered_by_its_get(tmp_path: Path) -> None:
    assert play(tmp_path, entry(answer="[]")).ask("HEAD", "/orders").status == 200


def test_instants_are_moved_onto_the_sandboxs_clock_and_back(tmp_path: Path) -> None:
    answer = {
        "createdAt": "2026-01-20T09:59:58.250Z",
        "local": "2026-01-20T12:00:00+02:00",
        "expires_at": int(BEGAN) + 60,
        "born": "1990-01-01T00:00:00Z",
        "day": "2026-01-20",
        "count": int(BEGAN),
    }
    a_day = 86_400
    since = entry(url="http://shop.test/orders?since=2026-01-20T09:59:58Z", answer='"since"')
    client = play(
        tmp_path,
        entry(answer=json.dumps(answer), said={"Last-Modified": "Tue, 20 Jan 2026 09:00:00 GMT"}),
        since,
        now=BEGAN + a_day,
    )
    found = client.ask("GET", "/orders")

    assert json.loads(found.body) == {
        "createdAt": "2026-01-21T09:59:58.250Z",
        "local": "2026-01-21T12:00:00+02:00",
        "expires_at": int(BEGAN) + 60 + a_day,
        "born": "1990-01-01T00:00:00Z",
        "day": "2026-01-20",
        "count": int(BEGAN),
    }
    assert ("Last-Modified", "Wed, 21 Jan 2026 09:00:00 GMT") in found.fields
    assert client.ask("GET", "/orders?since=2026-01-21T09:59:58Z").body == b'"since"'


IDS = ["3f1c9e0a-0000-4000-8000-00000000000a", "3f1c9e0a-0000-4000-8000-00000000000b"]
LIVE = "3f1c9e0a-0000-4000-8000-00000000000c"


def made_by_client(ident: str) -> list[dict[str, Any]]:
    return [
        entry(
            "POST", body=json.dumps({"clientId": ident, "quantity": 2}), status=201, answer=json.dumps({"id": ident})
        ),
        entry(url=f"http://shop.test/orders/{ident}", answer=json.dumps({"id": ident, "quantity": 2})),
    ]


def test_what_two_recordings_disagree_on_is_volatile_and_mapped(tmp_path: Path) -> None:
    write(tmp_path / "previous.har", *made_by_client(IDS[0]))
    client = play(tmp_path, *made_by_client(IDS[1]))

    assert json.loads(client.ask("POST", "/orders", {"clientId": LIVE, "quantity": 2}).body) == {"id": LIVE}
    assert json.loads(client.ask("GET", f"/orders/{LIVE}").body) == {"id": LIVE, "quantity": 2}
    # What somebody typed is none of that.
    assert isinstance(client.try_to("POST", "/orders", {"clientId": LIVE, "quantity": 3}), Missed)


def test_what_replay_yaml_names_is_volatile(tmp_path: Path) -> None:
    client = play(
        tmp_path,
        entry("POST", "http://shop.test/orders?v=1", body='{"nonce": 1, "meta": {"at": 5}, "n": 1}', answer='"yes"'),
        settings="volatile: [nonce, query.v, body.meta.at]\n",
    )

    assert client.ask("POST", "/orders?v=2", {"nonce": 2, "meta": {"at": 6}, "n": 1}).body == b'"yes"'
    assert isinstance(client.try_to("POST", "/orders", {"nonce": 2, "meta": {"at": 6}, "n": 2}), Missed)


def test_an_operation_can_be_matched_by_less(tmp_path: Path) -> None:
    client = play(
        tmp_path,
        entry("POST", "http://shop.test/search?page=1&t=5", body='{"q": "a"}', answer='"yes"'),
        settings='match:\n  "POST /search": {body: false, query: [page]}\n',
    )

    assert client.ask("POST", "/search?page=1&t=9", {"q": "b"}).body == b'"yes"'
    assert isinstance(client.try_to("POST", "/search?page=2&t=5", {"q": "a"}), Missed)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("volatil: [a]", "replay.yaml:1:1: unknown key 'volatil'. Did you mean 'volatile'?"),
        ("on-miss: explode", "replay.yaml:1:1: on-miss: input should be 'fail', 'mock', 'proxy' or 'record'"),
        ("time-as-delay: maybe", "replay.yaml:1:1: time-as-delay: "),
        ('volatile: [a]\nmatch:\n  "POST /order": {}', "replay.yaml:3:3: nothing like 'POST /order' was recorded."),
        ("volatile: [a\n", "replay.yaml:2:1: this is not YAML"),
    ],
)
def test_mistakes_in_replay_yaml_are_told_with_their_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(FileError) as raised:
        play(tmp_path, entry("POST", body="{}", answer="{}"), settings=text)

    assert told in raised.value.message


def test_a_settings_file_of_comments_says_nothing(tmp_path: Path) -> None:
    assert play(tmp_path, entry(answer="1"), settings="# nothing\n").ask("GET", "/orders").body == b"1"


def test_streams_keep_the_times_of_their_pieces(tmp_path: Path) -> None:
    base = BEGAN + 0.003
    stream = entry(
        answer="data: a\n\ndata: b\n\n",
        answer_kind="text/event-stream",
        _eventSourceMessages=[{"time": base + one, "data": data} for one, data in ((0.1, "a"), (0.3, "b"))],
    )
    found = play(tmp_path, stream).ask("GET", "/orders")

    assert [(round(after), data) for after, data in found.pieces] == [(100, b"data: a\n\n"), (300, b"data: b\n\n")]
    assert (found.streamed, found.length) == (True, 18)


def test_a_deck_is_all_that_a_replay_changes(tmp_path: Path) -> None:
    client = play(tmp_path, entry(answer="1"), entry(answer="2"))
    client.ask("GET", "/orders")
    client.deck = Deck(client.deck.shift)

    assert client.ask("GET", "/orders").body == b"1"


def test_what_a_recording_comes_to_is_kept_until_something_changes(tmp_path: Path) -> None:
    first = play(tmp_path, *made_by_client(IDS[1]), entry("POST", sent={"Content-Length": "9"}, answer="1"))
    write(tmp_path / "previous.har", *made_by_client(IDS[0]))
    cache, learned = tmp_path / "cache", list[int]()

    def counted(exchanges: Iterable[Recorded]) -> list[tuple[str, str]]:
        learned.append(1)
        return learn(exchanges)

    opened = [open_player(tmp_path, counted, cache) for _ in range(3)]
    answers = [Client(player).ask("POST", "/orders", {"clientId": LIVE, "quantity": 2}).body for player, _ in opened]

    assert (len(learned), len(set(answers)), json.loads(answers[0])) == (1, 1, {"id": LIVE})
    assert opened[0][1].warnings == opened[2][1].warnings != []
    (tmp_path / "replay.yaml").write_text("volatile: [nonce]\n")
    open_player(tmp_path, counted, cache)
    assert (len(learned), first.ask("GET", f"/orders/{IDS[1]}").status) == (2, 200)
    for file in cache.iterdir():
        file.write_text("[]")
    open_player(tmp_path, counted, cache)
    assert len(learned) == 3
