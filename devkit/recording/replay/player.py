"""Plays a recording: for each request, what was answered to it at that point."""

from __future__ import annotations

import difflib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field as has
from functools import partial

import orjson

from devkit.recording.base import Fields, Recorded, RecordedFrame
from devkit.recording.har.bodies import field
from devkit.recording.replay.canonical import Form, Path, difference
from devkit.recording.replay.instants import Shift
from devkit.recording.replay.likeness import distance, other_operation
from devkit.recording.replay.settings import ReplaySettings
from devkit.recording.replay.stacks import Stack
from devkit.recording.replay.tape import Row, Tape
from devkit.recording.replay.volatile import is_volatile, leaves
from devkit.records import dataclass

_FRAMING = frozenset({
    "content-length", "content-encoding", "transfer-encoding", "connection", "keep-alive", "date", "trailer", "upgrade",
    "proxy-connection", "age", "x-devkit-kept-by",
})  # fmt: skip
"""Fields that were those of the connection, of the coding, or of the moment."""
_NEAREST = 3
_COMPARED = 200
"""Exchanges of one operation that a request that was not found is compared with."""
_CONDITIONS = frozenset({"if-none-match", "if-modified-since"})
_REQUESTS = 4096
"""Requests without a body of which is known how they are compared, and with what."""
_KEPT = 32 * 1024 * 1024
"""Bytes of answers that are kept as they are sent."""
_SWITCHED = 101
_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, as it is replayed. `target` is percent-encoded; `body` is None where there is none."""

    method: str
    target: str
    fields: Fields = ()
    body: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What is answered: `pieces` are the body's, each with its milliseconds after the head; `length` is that of all.
    `wait` is how long the head took. `status` 0 is a connection that ends without an answer, and `failure` says how an
    answer ended, or why there is none.
    """

    number: int
    status: int
    reason: str
    fields: Fields
    pieces: Sequence[tuple[float, bytes]]
    length: int
    wait: float
    streamed: bool = False
    frames: Sequence[RecordedFrame] = ()
    failure: str = ""

    @property
    def body(self) -> bytes:
        return b"".join(data for _, data in self.pieces)


@dataclass(frozen=True, slots=True)
class Missed:
    """Nothing was recorded for a request; `nearest` are exchanges in words, with what is otherwise in each."""

    asked: str
    nearest: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        if not self.nearest:
            return f"{self.asked} was not recorded, and nothing like it"
        near = "; ".join(f"{name} ({why})" if why else name for name, why in self.nearest)
        return f"{self.asked} was not recorded. Nearest: {near}"


@dataclass(slots=True, eq=False)
class Deck:
    """How far one sandbox is: nobody else's replay is moved by it."""

    shift: Shift
    epochs: dict[str, int] = has(default_factory=dict)
    cursors: dict[tuple[bytes, int, bool], int] = has(default_factory=dict)
    bound: dict[str, str] = has(default_factory=dict)
    """By what was recorded, what the client says instead."""


@dataclass(frozen=True, slots=True)
class Known:
    """A request as it is compared. `asked` is the request with what was recorded in the place of what the client made
    anew; `key` is that of its `form`.
    """

    asked: Asked
    form: Form
    template: str
    key: bytes


@dataclass(slots=True)
class Found:
    """Where the answer to a request is; `row` is None where it was not recorded. `cursor` counts those before it, where
    there are several.
    """

    row: Row | None
    known: Known
    cursor: tuple[bytes, int, bool] | None = None


class Player:
    """Plays to many sandboxes, each with a `Deck` of its own."""

    def __init__(
        self,
        tape: Tape,
        load: Callable[[int], Recorded],
        settings: ReplaySettings,
        volatile: Mapping[str, frozenset[Path]] | None = None,
    ) -> None:
        """`load` reads an exchange by its number."""
        self.tape, self.settings = tape, settings
        self._load, self._volatile = load, volatile or {}
        self._kept: OrderedDict[tuple[int, int], Played] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str, int], Known] = {}
        self._stacks: dict[tuple[bytes, bool], Stack] = {}

    def deck(self, now: float) -> Deck:
        """A new one, for a sandbox whose clock says `now` (seconds since 1970)."""
        seconds = round(now - self.tape.began) if self.settings.move_instants and self.tape.rows else 0
        return Deck(Shift(seconds, self.tape.began))

    def play(self, deck: Deck, asked: Asked) -> Played | Missed:
        """The answer; where it is that to a write, the deck is moved on."""
        found = self.find(deck, asked)
        return self.at_hand(deck, found) or self.read(deck, found)

    def find(self, deck: Deck, asked: Asked) -> Found:
        """Where the answer is; the deck is moved on, and nothing is read for that."""
        found = self.look(deck, asked)
        self.move(deck, found)
        return found

    def look(self, deck: Deck, asked: Asked) -> Found:
        """Where the answer is, and no more."""
        known = self._asked(deck, asked)
        found = self._found(deck, known, asked.fields)
        if found.row is None and asked.method == "HEAD":
            plain = known.asked
            form, _ = self.tape.form("GET", plain.target, plain.fields, plain.body)
            found = self._found(deck, Known(plain, form, known.template, form.key()), asked.fields)
        return found

    def move(self, deck: Deck, found: Found) -> None:
        """Go on behind what was found."""
        if found.cursor is not None:
            deck.cursors[found.cursor] = deck.cursors.get(found.cursor, 0) + 1
        for group, epoch in found.row.moves.items() if found.row else ():
            deck.epochs[group] = max(deck.epochs.get(group, 0), epoch)

    def at_hand(self, deck: Deck, found: Found) -> Played | None:
        """The answer, where it is in memory."""
        row = found.row
        if row is None or (found.known.asked.body and row.operation in self._volatile):
            return None
        played = self._kept.get((row.number, deck.shift.seconds))
        return _bound(played, deck.bound) if played and deck.bound else played

    def read(self, deck: Deck, found: Found) -> Played | Missed:
        """The answer, read from the recording: in a loop, call it in a thread."""
        known = found.known
        if found.row is None:
            return self._missed(known.form, known.template)
        if known.asked.body and found.row.operation in self._volatile:
            self._bind(deck, found.row, known.asked)
        played = self._played(deck, found.row)
        return _bound(played, deck.bound) if deck.bound else played

    def refusal(self) -> Played | None:
        """What was answered to somebody who was not signed in; None where that was not recorded."""
        row = next((row for row in self.tape.rows if row.status == _UNAUTHORIZED and not row.signed_in), None)
        return None if row is None else _made(self._load(row.number), Shift(0, self.tape.began))

    def socket(self, deck: Deck, asked: Asked) -> Callable[[], Played] | None:
        """What reads the WebSocket that was recorded at that address; None where there is none."""
        plain = self._as_recorded(deck, asked)
        form, _ = self.tape.form(plain.method, plain.target, plain.fields, None)
        rows = [row for row in self.tape.by_key.get(form.key(), ()) if row.status == _SWITCHED]
        if not rows:
            return None
        at = deck.cursors.get((form.key(), 0, True), 0)
        deck.cursors[form.key(), 0, True] = at + 1
        return partial(self._played, deck, rows[min(at, len(rows) - 1)])

    @property
    def origin(self) -> str:
        """Whom most of it was sent to; empty where nothing was recorded."""
        return self.tape.origin

    def likely(self, deck: Deck, asked: Asked) -> Played | None:
        """Of the same operation, the successful answer to what is nearest; None where there is none."""
        plain = self._as_recorded(deck, asked)
        form, template = self.tape.form(plain.method, plain.target, plain.fields, plain.body)
        rows = self.tape.by_operation.get(f"{form.method} {template}", [])[:_COMPARED]
        good = [row for row in rows if 200 <= row.status < 300]
        if not good:
            return None
        return self._played(deck, min(good, key=lambda row: distance(form, self._form(row))))

    def _as_recorded(self, deck: Deck, asked: Asked) -> Asked:
        """The request with the recording's ids and instants in the place of the client's."""
        if not (deck.bound or deck.shift.seconds):
            return asked
        target, body = asked.target, asked.body
        for recorded, live in deck.bound.items():
            target = target.replace(live, recorded)
            body = body.replace(live.encode(), recorded.encode()) if body else body
        back = deck.shift.back()
        if body:
            body = back.body(body, field(asked.fields, "content-type") or "application/json")
        return Asked(method=asked.method, target=back.text(target), fields=asked.fields, body=body)

    def _asked(self, deck: Deck, asked: Asked) -> Known:
        """The request as it is compared, which without a body is the same for all of the same clock."""
        if asked.body or deck.bound:
            return self._compared(self._as_recorded(deck, asked))
        key = asked.method, asked.target, deck.shift.seconds
        found = self._known.get(key)
        if found is None:
            found = self._compared(self._as_recorded(deck, asked))
            if len(self._known) >= _REQUESTS:
                self._known.clear()
            self._known[key] = found
        return found

    def _compared(self, plain: Asked) -> Known:
        form, template = self.tape.form(plain.method, plain.target, plain.fields, plain.body)
        return Known(plain, form, template, form.key())

    def _found(self, deck: Deck, known: Known, fields: Fields) -> Found:
        conditional = any(name.lower() in _CONDITIONS for name, _ in fields)
        stack = self._stacks.get((known.key, conditional)) or self._stack(known, conditional=conditional)
        if stack is None or stack.only is not None:
            return Found(stack.only if stack else None, known)
        is_in = self.tape.is_signed_in(fields)
        half = stack.half(signed_in=is_in)
        if half is None:
            return Found(None, known)
        pile = half.at(deck.epochs.get(half.group, 0))
        cursor = known.key, pile.epoch, is_in
        return Found(pile.rows[min(deck.cursors.get(cursor, 0), len(pile.rows) - 1)], known, cursor)

    def _stack(self, known: Known, *, conditional: bool) -> Stack | None:
        rows = self.tape.by_key.get(known.key) or self.tape.by_key.get(_bodiless(known.form).key())
        if not rows:
            return None
        found = self._stacks[known.key, conditional] = Stack(rows, conditional=conditional)
        if len(self._stacks) > _REQUESTS:
            del self._stacks[next(iter(self._stacks))]
        return found

    def _played(self, deck: Deck, row: Row) -> Played:
        key = row.number, deck.shift.seconds
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
                return known
        made = _made(self._load(row.number), deck.shift)
        with self._lock:
            if key not in self._kept and made.length < _KEPT // 4:
                self._kept[key] = made
                self._size += made.length + 1024
                while self._size > _KEPT:
                    _, oldest = self._kept.popitem(last=False)
                    self._size -= oldest.length + 1024
        return made

    def _bind(self, deck: Deck, row: Row, plain: Asked) -> None:
        """Remember what the client says in the place of what was recorded."""
        recorded = self._load(row.number).request_body
        try:
            before = dict(leaves(orjson.loads(recorded.read()), ())) if recorded else {}
            now = dict(leaves(orjson.loads(plain.body or b"null"), ()))
        except orjson.JSONDecodeError:
            return
        for path in self._volatile[row.operation]:
            one, other = before.get(path), now.get(path)
            if one != other and is_volatile(one) and isinstance(other, str | int):
                deck.bound[str(one)] = str(other)

    def _missed(self, asked: Form, template: str) -> Missed:
        operation = f"{asked.method} {template}"
        rows = self.tape.by_operation.get(operation, [])[:_COMPARED]
        if rows:
            once = {row.key: row for row in rows}.values()
            told = [(row, self._difference(asked, row)) for row in once]
            told.sort(key=lambda one: distance(asked, self._form(one[0])))
            nearest = tuple((f"{row.method} {row.target}"[:200], why) for row, why in told[:_NEAREST])
        else:
            paths = list(dict.fromkeys(name.partition(" ")[2] for name in self.tape.operations))
            close = difflib.get_close_matches(template, paths, n=_NEAREST, cutoff=0.6)
            near = [name for path in close for name in self.tape.operations if name.partition(" ")[2] == path]
            nearest = tuple((name, other_operation(operation, name)) for name in near[:_NEAREST])
        return Missed(f"{asked.method} {asked.path}", nearest)

    def _form(self, row: Row) -> Form:
        exchange = self._load(row.number)
        body = exchange.request_body.read() if exchange.request_body else None
        return self.tape.canon.form(
            exchange.method,
            exchange.target,
            exchange.request_fields,
            body,
            row.operation.partition(" ")[2],
            unknown="request" in exchange.unknown,
        )

    def _difference(self, asked: Form, row: Row) -> str:
        return difference(asked, self._form(row))


def _bodiless(form: Form) -> Form:
    """That of an exchange whose body is not known: it is matched by method and address alone."""
    return Form(method=form.method, path=form.path, query=form.query, body=None, unknown=True)


def _made(exchange: Recorded, shift: Shift) -> Played:
    kind = field(exchange.answer_fields, "content-type")
    if exchange.events:
        pieces = [(event.after, shift.body(event.data, kind)) for event in exchange.events]
    else:
        body = exchange.answer_body.read() if exchange.answer_body else b""
        pieces = [(0.0, shift.body(body, kind))] if body else []
    fields = tuple((name, value) for name, value in exchange.answer_fields if name.lower() not in _FRAMING)
    return Played(
        number=exchange.number,
        status=exchange.status,
        reason=exchange.reason,
        fields=shift.fields(fields),
        pieces=pieces,
        length=sum(len(data) for _, data in pieces),
        wait=exchange.timing.connect + exchange.timing.wait,
        streamed=bool(exchange.events),
        frames=exchange.frames,
        failure=exchange.failure or ("closed" if not exchange.status else ""),
    )


def _bound(played: Played, bound: Mapping[str, str]) -> Played:
    from dataclasses import replace

    pairs = [(one.encode(), other.encode()) for one, other in bound.items()]
    if not any(one in data for one, _ in pairs for _, data in played.pieces) and not any(
        one in value for one in bound for _, value in played.fields
    ):
        return played
    pieces = []
    for after, data in played.pieces:
        changed = data
        for one, other in pairs:
            changed = changed.replace(one, other)
        pieces.append((after, changed))
    fields = []
    for name, value in played.fields:
        text = value
        for recorded, live in bound.items():
            text = text.replace(recorded, live)
        fields.append((name, text))
    return replace(played, pieces=pieces, fields=tuple(fields), length=sum(len(data) for _, data in pieces))
