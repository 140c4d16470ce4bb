"""WebSockets: who may come in, what is said, what must not end them, and what is missed."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

from devkit.dialects.sockets import Heard as MayBeHeard
from devkit.verify.base import Check
from devkit.verify.case import Case
from devkit.verify.socket import BINARY, CLOSE, PING, TEXT, Heard, Socket, opened, path_of
from devkit.verify.verdicts import expect, skip
from devkit.verify.visitor import Visitor

NOT_THERE = frozenset({404, 405, 501})

QUIET = 0.3
"""Seconds in which a server would say what it has to say against it."""


async def browser(case: Case) -> Visitor:
    path_of(case.target)
    return await case.signed_in() if case.world.session is not None else case.visitor()


async def connected(case: Case, *, needed: bool = False, **more: Any) -> Socket:
    """An open one. Fails where it is refused. Where it is not even there, `sockets.opens` alone does, and that only by
    a contract of ours: one of somebody's own need not say whether there is one.
    """
    socket = await opened(await browser(case), **more)
    case.finally_(socket.leave)
    if socket.answer.status in NOT_THERE and (not needed or case.target.dialect.usual):
        skip(f"there is no WebSocket: {path_of(case.target)} is answered with {socket.answer.status}")
    expect(socket.is_open, f"a WebSocket is refused with {socket.answer.status}")
    return socket


def types_of(case: Case) -> set[str]:
    """Of the messages that the server says, whatever happens."""
    return {
        field.default
        for said in case.target.dialect.socket_protocol.says
        for field in dataclasses.fields(said.frame)
        if field.name == "type" and isinstance(field.default, str)
    }


def message(case: Case, name: str) -> MayBeHeard:
    """One that a client may send. Skips where the protocol has none of that name."""
    found = (one for one in case.target.dialect.socket_protocol.hears if one.name == name)
    return next(found, None) or skip(f"the protocol has no message {name}")


async def expect_alive(case: Case, socket: Socket, after: str) -> None:
    """It answers a ping."""
    await socket.frame(PING, b"alive?")
    heard = await socket.hear_kind("pong")
    expect(heard.kind == "pong", f"after {after}, the socket {_ended(heard)}")


def _ended(heard: Heard) -> str:
    if heard.kind == "silence":
        return "answers no ping any more"
    return f"is closed with {heard.code}" if heard.kind == "close" else "is cut off"


# Coming in


async def opens(case: Case) -> None:
    async with await connected(case, needed=True) as socket:
        expect(socket.accepts, "the handshake's Sec-WebSocket-Accept does not fit its key")


async def stays(case: Case) -> None:
    async with await connected(case) as socket:
        for _ in range(20):
            heard = await socket.hear(QUIET)
            if heard.kind == "silence":
                return
            expect(not heard.ended, f"a socket that was just opened {_ended(heard)}")


async def greets(case: Case) -> None:
    async with await connected(case) as socket:
        heard, types = await socket.hear(2), types_of(case)
        if heard.kind == "silence":
            skip("nothing is said as long as nothing happens")
        said = heard.json.get("type") if isinstance(heard.json, dict) else None
        expect(said in types, f"the first thing said is {heard.text[:60]!r}, and the contract knows no such message")


async def _kept_out(case: Case, visitor: Visitor, who: str, **more: Any) -> None:
    """By 401 or 403 to the handshake, or by a code on the open socket, before anything is told."""
    if case.target.dialect.socket_protocol.is_open:
        skip("everybody may come in")
    async with await opened(visitor, **more) as socket:
        if socket.answer.status in NOT_THERE:
            skip("there is no WebSocket")
        if not socket.is_open:
            expect(socket.answer.status in {400, 401, 403}, f"{who} is refused with {socket.answer.status}")
            return
        end = await socket.end(2)
        expect(end.ended, f"{who} comes in")
        good = end.code == 1008 or 3000 <= end.code <= 4999 or end.kind == "gone"
        expect(good, f"{who} is sent away with {end.code}, which says nothing of why")


async def needs_session(case: Case) -> None:
    await _kept_out(case, case.visitor(), "who is not signed in")


async def bad_token(case: Case) -> None:
    query = {"token": "devkit.verify.no-token"}
    await _kept_out(case, case.visitor(), "who has a token that is none", query=query)


async def foreign_page(case: Case) -> None:
    visitor = await browser(case)
    if not visitor.by_cookie:
        skip("no cookie lets a foreign page in")
    async with await opened(visitor, headers={"Origin": case.target.other_origin}) as socket:
        if socket.is_open:
            end = await socket.end(2)
            expect(end.ended, f"a page of {case.target.other_origin} opens the user's socket, with the user's cookie")


async def other_version(case: Case) -> None:
    async with await opened(await browser(case), headers={"Sec-WebSocket-Version": "8"}) as socket:
        answer = socket.answer
        expect(400 <= answer.status < 500, f"version 8 of the protocol is answered with {answer.status}")
        if answer.status == 426:
            expect("13" in answer.words("Sec-WebSocket-Version"), "the 426 does not say which versions are spoken")


async def no_key(case: Case) -> None:
    async with await opened(await browser(case), headers={"Sec-WebSocket-Key": None}) as socket:
        expect(400 <= socket.answer.status < 500, f"a handshake without a key is answered with {socket.answer.status}")


async def no_upgrade(case: Case) -> None:
    answer = await (await browser(case)).send("GET", path_of(case.target))
    expect(answer.status < 500, f"GET of the socket's address is answered with {answer.status}")


async def strange_subprotocol(case: Case) -> None:
    async with await opened(await browser(case), protocols=("devkit-verify.v1",)) as socket:
        if not socket.is_open:
            skip(f"who offers a subprotocol is refused with {socket.answer.status}")
        selected = socket.answer.get("Sec-WebSocket-Protocol")
        expect(selected in {None, "devkit-verify.v1"}, f"{selected} is selected, which was not offered")


# What is said


async def ping(case: Case) -> None:
    async with await connected(case) as socket:
        await socket.frame(PING, b"devkit verify")
        heard = await socket.hear_kind("pong")
        expect(heard.kind == "pong", "a ping is not answered")
        expect(heard.data == b"devkit verify", "a pong has not the ping's bytes")


async def own_ping(case: Case) -> None:
    known = message(case, "ping")
    async with await connected(case) as socket:
        await socket.hear(2)
        await socket.send(known.example)
        heard = await socket.hear_of(*known.replies)
        expect(not heard.ended and heard.kind != "silence", f"{known.example} is not answered")


def lives_on(after: str, *frames: tuple[int, bytes]) -> Callable[[Case], Awaitable[None]]:
    async def run(case: Case) -> None:
        async with await connected(case) as socket:
            for opcode, data in frames:
                await socket.frame(opcode, data)
            await expect_alive(case, socket, after)

    return run


async def says_unknown(case: Case) -> None:
    protocol = case.target.dialect.socket_protocol
    if protocol.error is None:
        skip("the protocol has no message for what makes no sense")
    async with await connected(case) as socket:
        await socket.send({"type": "devkit-verify-unknown"})
        heard = await socket.hear_of(protocol.error)
        expect(heard.kind == "text", "a message of an unknown type is passed over, and the contract promises an error")


async def binary(case: Case) -> None:
    async with await connected(case) as socket:
        await socket.frame(BINARY, b"\x00\xff")
        await socket.frame(PING, b"alive?")
        heard = await socket.hear_kind("pong")
        expect(heard.kind == "pong" or heard.code == 1003, f"after a binary message, the socket {_ended(heard)}")


async def in_pieces(case: Case) -> None:
    known = message(case, "ping")
    async with await connected(case) as socket:
        await socket.frame(TEXT, b'{"type":', fin=False)
        await socket.frame(PING, b"between")
        heard = await socket.hear_kind("pong")
        expect(
            heard.kind == "pong", f"a ping between two pieces of a message is not answered: the socket {_ended(heard)}"
        )
        await socket.frame(0, b'"ping"}')
        heard = await socket.hear_of(*known.replies)
        expect(heard.kind == "text", "a message in two pieces is not put together")


async def closes(case: Case) -> None:
    async with await connected(case) as socket:
        await socket.close(1000)
        end = await socket.end()
        expect(end.kind == "close", "a close is not answered with one")
        expect(end.code in {1000, 1005}, f"a close with 1000 is answered with {end.code}")


async def closes_without_code(case: Case) -> None:
    async with await connected(case) as socket:
        await socket.close(None)
        end = await socket.end()
        expect(end.kind == "close", "a close without a code is not answered with one")
        expect(end.code not in {1002, 1011}, f"a close without a code is answered with {end.code}")


def breaks_protocol(what: str, code: int, *, data: bytes = b"x", **how: Any) -> Callable[[Case], Awaitable[None]]:
    opcode = how.pop("opcode", TEXT)

    async def run(case: Case) -> None:
        async with await connected(case) as socket:
            await socket.frame(opcode, data, **how)
            end = await socket.end()
            expect(end.ended, f"{what} does not end the connection")
            good = end.kind == "gone" or end.code in {code, 1002}
            expect(good, f"{what} ends the connection with {end.code} where {code} is right")

    return run


async def several_at_once(case: Case) -> None:
    visitor = await browser(case)
    sockets = await asyncio.gather(*(opened(visitor) for _ in range(3)))
    try:
        if sockets[0].answer.status in NOT_THERE:
            skip("there is no WebSocket")
        refused = [one.answer.status for one in sockets if not one.is_open]
        expect(not refused, f"of three sockets of one user, one is refused with {refused and refused[0]}")
        for one in sockets:
            await expect_alive(case, one, "two more of the same user")
    finally:
        for one in sockets:
            async with one:
                pass


def check(name: str, asks: str, why: str, run: Callable[[Case], Awaitable[None]], **more: Any) -> Check:
    return Check(id=f"sockets.{name}", asks=asks, why=why, run=run, **more)


def _rfc(section: str) -> str:
    return f"RFC 6455, section {section}"


_DEEP = b"[" * 5_000
OURS = "CONTRACT, `/ws`"

CHECKS = (
    check("opens", "Does a socket open, with the key's answer?", _rfc("4.2.2"), opens),
    check("stays", "Does it stay open?", OURS, stays, waits=QUIET),
    check("greets", "Is what it says first a message of the contract?", OURS, greets),
    check("session", "Is who is not signed in kept out, and told so?", OURS, needs_session, signed_in=True),
    check("bad-token", "Is who has a token that is none kept out?", OURS, bad_token, signed_in=True),
    check("origin", "Is a foreign page kept from the user's socket?", _rfc("10.2"), foreign_page, cookie=True),
    check("version", "Is another version of the protocol refused?", _rfc("4.4"), other_version),
    check("no-key", "Is a handshake without a key refused?", _rfc("4.2.1"), no_key),
    check("no-upgrade", "Is a plain GET of its address no crash?", _rfc("4.2.1"), no_upgrade),
    check("subprotocol", "Is no subprotocol selected that was not offered?", _rfc("4.1"), strange_subprotocol),
    check("several", "May one user have several?", OURS, several_at_once),
    check("ping", "Is a ping answered, with its own bytes?", _rfc("5.5.3"), ping),
    check("own-ping", "Is the contract's own ping answered?", OURS, own_ping),
    check(
        "unknown",
        "Does it live on after a message of an unknown type?",
        OURS,
        lives_on("a message of an unknown type", (TEXT, b'{"type": "devkit-verify-unknown"}')),
    ),
    check("unknown-told", "Is a message of an unknown type answered with an error?", OURS, says_unknown),
    check(
        "no-json",
        "Does it live on after what is no JSON?",
        OURS,
        lives_on("a text that is no JSON", (TEXT, b"{devkit"), (TEXT, _DEEP), (TEXT, b"null")),
    ),
    check("binary", "Is a binary message no crash?", _rfc("7.4.1"), binary),
    check("pieces", "Is a message in pieces put together, with a ping between them?", _rfc("5.4"), in_pieces),
    check("close", "Is a close answered with one?", _rfc("5.5.1"), closes),
    check("close-bare", "Is a close without a code answered too?", _rfc("5.5.1"), closes_without_code),
    check(
        "unmasked",
        "Does a frame that is not masked end it?",
        _rfc("5.1"),
        breaks_protocol("a frame that is not masked", 1002, masked=False),
    ),
    check(
        "utf8",
        "Does a text that is not UTF-8 end it?",
        _rfc("8.1"),
        breaks_protocol("a text that is not UTF-8", 1007, data=b"\xff\xfe{"),
    ),
    check(
        "reserved",
        "Does a reserved bit end it?",
        _rfc("5.2"),
        breaks_protocol("a frame with a reserved bit", 1002, rsv=1),
    ),
    check(
        "long-ping",
        "Does a ping of more than 125 bytes end it?",
        _rfc("5.5"),
        breaks_protocol("a ping of 126 bytes", 1002, opcode=PING, data=b"x" * 126),
    ),
    check(
        "bad-close",
        "Is a close with a code that none may have no crash?",
        _rfc("7.4.1"),
        breaks_protocol("a close with 1005", 1002, opcode=CLOSE, data=(1005).to_bytes(2)),
    ),
)
