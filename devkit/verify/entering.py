"""What comes before the first question: does anybody answer, is it the backend, and who is signed in?"""

from __future__ import annotations

from collections.abc import Sequence

from devkit.dialects.calling import example_of
from devkit.effects import fresh_secret
from devkit.errors import OperatorError, UsageError
from devkit.verify.case import Account, World
from devkit.verify.exchange import Answer, Exchange
from devkit.verify.visitor import Visitor
from devkit.verify.wire import Unreachable, WireError


def _unseen(_: Exchange) -> None:
    """What passes before the first question is nobody's evidence."""


async def reach(world: World) -> None:
    """Raises OperatorError, with what is wrong: nobody there, TLS, a page in place of an API, nothing to ask for."""
    target = world.target
    where = target.root + target.base
    if not target.routes:
        raise UsageError(
            f"The contract {target.dialect.contract.name} has no operations: there is nothing to verify.",
            remedy="Give a contract with operations or resources, or an OpenAPI document with paths.",
        )
    visitor = world.visitor(_unseen)
    routes = [*world.target.public, *world.target.private]
    try:
        if not routes:
            await visitor.send("GET", "/")
            return
        answers = [await visitor.call(route) for route in routes[:3]]
    except Unreachable as error:
        raise OperatorError(f"Nobody answers at {where}: {error}.", remedy=_remedy(world, str(error))) from None
    except WireError as error:
        raise OperatorError(
            f"What answers at {where} does not speak HTTP: {error}.",
            remedy="Is it another port, or https where http is written?",
        ) from None
    strange = [one for one in map(_page, answers) if one]
    if len(strange) == len(answers):
        raise OperatorError(
            f"{where} is no API, or one that is behind a page: {routes[0].method} {routes[0].path} {strange[0]}.",
            remedy="Name the backend itself, not the frontend or a login in front of it.",
        )


def _remedy(world: World, trouble: str) -> str:
    if "certificate" in trouble:
        return "Name its authority with --cafile FILE, or take whatever it shows with --insecure."
    if "TLS" in trouble:
        return "Is it http and not https?"
    return "Is it running, and is the address right?"


def _page(answer: Answer) -> str:
    """What is seen in place of an API's answer; empty for an API's."""
    if answer.status in {301, 302, 303, 307, 308}:
        return f"is answered with a redirect to {answer.get('Location')}"
    if answer.media_type in {"text/html", "application/xhtml+xml"} and answer.status < 500:
        return f"is answered with a page ({answer.status}, {answer.media_type})"
    return ""


async def signed_in(world: World, users: Sequence[Account], *, read_only: bool) -> None:
    """Sign in as the user given, else as the contract's example has it, else as somebody who registers.

    Raises OperatorError where the contract has what needs a session, and nobody has one: nothing would be verified.
    """
    target = world.target
    if target.login is None or not target.private:
        if users:
            world.accounts = [*users]
        return
    if users:
        for user in users:
            visitor = world.visitor(_unseen)
            answer = await _tried(visitor, user)
            _require(world, visitor, user, answer)
            world.session = world.session or visitor
        world.accounts = [*users]
        return
    if await _by_example(world):
        return
    if target.register is not None and not read_only and await _by_registering(world):
        return
    raise OperatorError(
        f"Nobody could be signed in at {target.root}{target.base}: nothing is verified.",
        remedy="Name somebody who can: --user EMAIL:PASSWORD.",
    )


async def _tried(visitor: Visitor, user: Account) -> Answer:
    try:
        return await visitor.sign_in(user.email, user.password)
    except WireError as error:
        raise OperatorError(f"Signing in as {user.email} was not answered: {error}.") from None


def _require(world: World, visitor: Visitor, user: Account, answer: Answer) -> None:
    login = world.target.login
    assert login is not None  # noqa: S101 - whoever signs in has looked
    how = f"{login.method} {login.path} as {user.email}"
    if not answer.ok:
        raise OperatorError(
            f"{how} is answered with {answer.status}: not signed in, nothing is verified.",
            remedy="Is the password right, and the address verified? --user EMAIL:PASSWORD names them.",
        )
    if world.habits.token is None:
        private = world.target.private[0]
        raise OperatorError(
            f"{how} is answered with {answer.status}, but nothing in the answer opens {private.method} {private.path}: "
            "no cookie of it, and none of its texts as a bearer token. Not signed in, nothing is verified.",
            remedy="Is it the contract of this backend?",
        )


async def _by_example(world: World) -> bool:
    """Whether the contract's own example signs somebody in."""
    assert world.target.login is not None  # noqa: S101 - as above
    example = example_of(world.target.login)
    email, password = example.get("email"), example.get("password")
    if not isinstance(email, str) or not isinstance(password, str):
        return False
    visitor, user = world.visitor(_unseen), Account(email, password)
    answer = await _tried(visitor, user)
    if not answer.ok or world.habits.token is None:
        return False
    world.accounts, world.session = [user], visitor
    return True


async def _by_registering(world: World) -> bool:
    """Whether two who register can sign in at once."""
    for _ in range(2):
        user = Account(f"verify-{fresh_secret(6).hex()}@example.com", f"Verify-{fresh_secret(9).hex()}!")
        visitor = world.visitor(_unseen)
        try:
            answer = await registered(world, visitor, user)
            if not answer.ok or not (answer := await visitor.sign_in(user.email, user.password)).ok:
                return False
        except WireError:
            return False
        if world.habits.token is None:
            return False
        world.accounts.append(user)
        world.session = world.session or visitor
    return True


async def registered(world: World, visitor: Visitor, user: Account) -> Answer:
    """The answer to a registration. Raises WireError."""
    assert world.target.register is not None  # noqa: S101 - as above
    told = {"email": user.email, "password": user.password, "confirm_password": user.password, "name": "Devkit Verify"}
    known = world.target.register.fields
    if "username" in known:
        told["username"] = user.email.partition("@")[0]
    return await visitor.call(world.target.register, {name: value for name, value in told.items() if name in known})
