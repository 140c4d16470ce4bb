"""The shipped scenarios as plays: what a user of the demo does in each, which virtues it takes to come through, and
which expectations a page without them does not meet.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.demo.user import User

Script = Callable[[User], Awaitable[None]]


@dataclass(frozen=True)
class Play:
    """`without` are the virtues that make the difference, `fails` the expectations that then are not met.

    `from_the_start`: the scenario is on before the page is opened; else the user is signed in when it begins.
    """

    scenario: str
    script: Script
    without: str
    fails: frozenset[str]
    from_the_start: bool = False


async def looks_once(user: User) -> None:
    await user.refreshes()


async def looks_and_waits(user: User) -> None:
    await user.refreshes()
    await user.waits(5)
    await user.refreshes()


async def looks_twice(user: User) -> None:
    await user.refreshes(2)


async def looks_thrice(user: User) -> None:
    await user.refreshes(3)


async def looks_until_it_is_back(user: User) -> None:
    await user.refreshes(3)
    await user.sees_tasks()


async def looks_often(user: User) -> None:
    await user.refreshes(12)


async def looks_until_something_fails(user: User) -> None:
    """One call in five does: among so many lists there is one, whatever chance says."""
    await user.refreshes(30)


async def looks_and_adds(user: User) -> None:
    await user.refreshes()
    await user.adds("Buy milk")


async def adds(user: User) -> None:
    await user.adds("Buy milk")
    await user.refreshes()


async def adds_and_looks(user: User) -> None:
    await user.adds("Buy milk")
    await user.refreshes()
    await user.waits(2)
    await user.refreshes()


async def adds_impatiently(user: User) -> None:
    await user.adds("Buy milk", clicks=3)
    await user.refreshes()
    await user.waits(2)


async def adds_many(user: User) -> None:
    for number in range(6):
        await user.adds(f"Errand {number}")
    await user.waits(3)


async def pages_to_the_end(user: User) -> None:
    await user.pages_on()
    await user.adds("Buy milk")


async def signs_in_until_it_works(user: User) -> None:
    """As people do: they read what is wrong, and try again."""
    for _ in range(8):
        await user.sign_in()
        if not await user.is_asked_to_sign_in():
            break
        await user.waits(1)
    await user.refreshes()


async def signs_in_elsewhere(user: User) -> None:
    for _ in range(4):
        await user.continues_with_google()
        # Nobody reads what went wrong and clicks again in less: the scenario takes what is quicker for a page's doing.
        await user.waits(1.5)


async def comes_back_to_a_login(user: User) -> None:
    await user.refreshes()
    await user.is_out()
    await user.sign_in()


async def is_put_out(user: User) -> None:
    await user.refreshes()
    await user.waits(3)
    await user.sign_in()
    await user.refreshes()


async def sends_a_file(user: User) -> None:
    await user.sends_a_file()
    await user.sends_it_again()


async def sends_what_is_refused(user: User) -> None:
    await user.sends_a_file(size=400_000)
    await user.waits(5)
    await user.refreshes()


async def asks_the_model(user: User) -> None:
    await user.asks("How do I begin a herb garden?")
    await user.asks_again()


async def leaves_it_open(user: User) -> None:
    await user.waits(40)


async def uses_everything(user: User) -> None:
    await user.refreshes(4)
    await user.adds("Buy milk")
    await user.pages_on()
    await user.refreshes(6)


PATIENT = (leaves_it_open, looks_until_it_is_back, sends_a_file, looks_until_something_fails)
"""What takes longest, most of it waiting: begun first, all else is played beside it."""


def play(scenario: str, script: Script, without: str, *fails: str, from_the_start: bool = False) -> Play:
    return Play(scenario, script, without, frozenset(fails), from_the_start)


PLAYS = (
    play("backend-not-deployed-yet", looks_and_waits, "final-answers", "no-storm"),
    play("chaos", uses_everything, "backoff", "backs-off"),
    play("chat-stream-cut", asks_the_model, "whole-answers", "asks-again"),
    play("chat-stream-stalls", asks_the_model, "whole-answers", "asks-again"),
    play("concurrent-refresh", looks_twice, "single-flight", "one-refresh", "one-at-a-time"),
    play("connection-reset", looks_thrice, "careful-reading", "tries-again"),
    play("cookie-blocked", signs_in_until_it_works, "session-check", "no-login-loop", from_the_start=True),
    play("cors-client-version-header", signs_in_until_it_works, "backoff", "waits", from_the_start=True),
    play("cors-missing-origin", signs_in_until_it_works, "backoff", "waits", from_the_start=True),
    play("cors-no-credentials", signs_in_until_it_works, "backoff", "waits", from_the_start=True),
    play("cors-only-on-success", adds, "idempotency", "no-blind-retry"),
    play("cors-wildcard-with-credentials", signs_in_until_it_works, "backoff", "waits", from_the_start=True),
    play("expired-everything", comes_back_to_a_login, "session-end", "asks-to-sign-in"),
    play("expired-token", looks_twice, "single-flight", "refreshes-once"),
    play("flaky", looks_until_something_fails, "backoff", "backs-off"),
    play("hanging-api", looks_once, "timeouts", "tries-again"),
    play("html-instead-of-chat", asks_the_model, "whole-answers", "asks-again"),
    play("html-instead-of-json", looks_once, "careful-reading", "tries-again"),
    play(
        "html-instead-of-session",
        signs_in_until_it_works,
        "careful-reading",
        "stays-signed-in",
        from_the_start=True,
    ),
    play("jwt-in-body", signs_in_until_it_works, "session-check", "no-login-loop", from_the_start=True),
    play("lost-answer", adds, "idempotency", "names-its-call"),
    play("maintenance", looks_until_it_is_back, "retry-after", "waits"),
    play("outage-and-recovery", looks_until_it_is_back, "retry-after", "honours-retry-after"),
    play("pagination-drift", pages_to_the_end, "merging", "pages-on"),
    play("preflight-500", signs_in_until_it_works, "backoff", "waits", from_the_start=True),
    play("rate-limited", looks_often, "retry-after", "honours-retry-after"),
    play("refresh-loop", is_put_out, "refresh-limit", "gives-up"),
    play("schema-drift", looks_and_waits, "tolerance", "no-storm"),
    play("server-errors", looks_and_adds, "backoff", "few-retries"),
    play("slow-api", adds_impatiently, "one-submit", "no-double-submit"),
    play("slow-network", adds_impatiently, "one-submit", "no-double-submit"),
    play("social-login-fails", signs_in_elsewhere, "fresh-start", "no-old-code", from_the_start=True),
    play("stale-reads", adds_and_looks, "own-writes", "no-storm"),
    play("token-revoked", comes_back_to_a_login, "session-end", "signs-in-again"),
    play("truncated-json", looks_once, "careful-reading", "tries-again"),
    play("upload-fails-at-the-end", sends_a_file, "honest-progress", "says-so"),
    play("upload-stalls", sends_a_file, "stall-watch", "tries-again"),
    play("upload-too-large", sends_what_is_refused, "final-answers", "no-retry"),
    play("websocket-flaps", leaves_it_open, "reconnect", "reconnects"),
    play("websocket-out-of-order", adds_many, "ordering", "stays-connected"),
    play("websocket-silent", leaves_it_open, "heartbeat", "reconnects"),
)
