"""What a test holds in its hands: a sandbox, with all that it can be told and asked."""

from __future__ import annotations

import contextlib
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import pytest

from devkit.errors import OperatorError
from devkit.pytest_plugin.drills import Drill
from devkit.pytest_plugin.levers import ClockLever, Events, ScenarioLever, Seed
from devkit.pytest_plugin.lines import DevkitError
from devkit.pytest_plugin.records import Calls, JournalLever, MailLever

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from devkit.pytest_plugin.server import Server

__tracebackhide__ = True
"""What fails here is told at the line of the test."""


class User:
    """Somebody who is signed in to a sandbox: `headers` make a call theirs, at the server's own address too."""

    def __init__(self, devkit: Devkit, email: str, password: str | None, token: str) -> None:
        self._devkit = devkit
        self.email, self.password, self.token = email, password, token

    def __repr__(self) -> str:
        return f"<{self.email} in {self._devkit.id}>"

    @property
    def headers(self) -> dict[str, str]:
        return self._devkit.headers | {"Authorization": f"Bearer {self.token}"}

    @cached_property
    def client(self) -> httpx.Client:
        """httpx, below the sandbox's address."""
        return self._devkit.client_of(lambda: self.token)


class Devkit:
    """A backend of the test's own."""

    def __init__(self, server: Server, described: dict[str, Any], *, owned: bool) -> None:
        """`described` is what the control API says of the sandbox; `owned`: whether it goes with the test."""
        self.server, self.described, self._owned = server, described, owned
        self._control = server.control(self.id)
        self._closing: list[Callable[[], None]] = []
        self._users: dict[str, User] = {}

    def __repr__(self) -> str:
        return f"<devkit {self.id} at {self.path_url}>"

    def check(self) -> None:
        """Whether it is reached, and all that this plugin makes of it. Raises OperatorError, and pytest's `Failed`."""
        url = self.server.url
        if "token" not in self.described:
            _fail(f"The devkit server at {url} is older than this plugin: its sandboxes have no token. Update it.")
        if (reached := str(self.status["sandbox"])) != self.id:
            _fail(
                f"What is asked of the sandbox {self.id} at {url} arrives at {reached}: something on the way, a proxy "
                "or a dev server, drops the header X-Devkit-Sandbox. Name the server's own address."
            )

    @cached_property
    def status(self) -> dict[str, Any]:
        """What the sandbox was like when it was made."""
        found: dict[str, Any] = self._control.get("/status")
        return found

    # Where it is

    @property
    def id(self) -> str:
        return str(self.described["id"])

    @property
    def url(self) -> str:
        """By host, for browsers: `http://ID.localhost:8000`."""
        return str(self.described["url"])

    @property
    def path_url(self) -> str:
        """By path, for whatever cannot resolve `ID.localhost`: append paths to it."""
        return str(self.described["path_url"])

    @property
    def host(self) -> str:
        """Host and port of `url`."""
        return urlsplit(self.url).netloc

    @property
    def server_url(self) -> str:
        """The server's own address: with `headers`, that of the sandbox."""
        return self.server.url

    @property
    def headers(self) -> dict[str, str]:
        """By header, sent to the server's own address."""
        return dict(self.described["header"])

    @property
    def cookie(self) -> dict[str, str]:
        """By cookie: its name and value."""
        return dict(self.described["cookie"])

    @property
    def token(self) -> str:
        """By token, where an API key is all that a client can be told; it is the sandbox's test user."""
        return str(self.described["token"])

    def at(self, page: str) -> str:
        """A frontend's address with the sandbox in its host: `http://ID.localhost:5173` for `http://localhost:5173`."""
        parts = urlsplit(page)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{self.id}.localhost{port}{parts.path}"

    # Who calls it

    @cached_property
    def client(self) -> httpx.Client:
        """httpx, below the sandbox's address; signed in as the test user from its first call on."""
        return self.client_of(self._sign_in)

    def client_of(self, sign_in: Callable[[], str | None]) -> httpx.Client:
        """One that is closed with the test. `sign_in` gives a token, once it needs one."""
        from devkit.pytest_plugin.clients import client

        made = client(self.path_url, sign_in)
        self._closing.append(made.close)
        return made

    @cached_property
    def async_client(self) -> httpx.AsyncClient:
        """The same for `await`. It keeps no connection open, so nobody has to close it."""
        from devkit.pytest_plugin.clients import async_client

        return async_client(self.path_url, self._sign_in)

    def user(self, email: str = "") -> User:
        """Somebody signed in: the test user, or whoever has that email (what stands before the @ is enough)."""
        if email not in self._users:
            users = self.seed.users
            names = [{one["email"], one["email"].partition("@")[0]} if email else {""} for one in users]
            known = next((one for one, called in zip(users, names, strict=True) if email in called), None)
            minted = self.call(
                "POST", "/tokens", {"user": known["email"]} if known else {"user": email} if email else {}
            )
            password = known["password"] if known else None
            self._users[email] = User(self, str(minted["user"]["email"]), password, str(minted["token"]))
        return self._users[email]

    def _sign_in(self) -> str | None:
        """A token of the test user's; None where there is none, or a real backend that would not know it."""
        return self.user().token if self.seed.users and not self.status.get("upstream") else None

    # What it does

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Any operation of the control API on this sandbox; `path` is below `/_devkit/api`.

        Raises DevkitError where it is refused; where the sandbox or its server is gone, the test fails.
        """
        try:
            return self._control.call(method, path, body)
        except OperatorError as error:
            failure = error
        if self.server.lost(failure):
            _fail(self.server.obituary(failure.message))
        if f"There is no sandbox {self.id!r}" in failure.message:
            pytest.fail(f"The sandbox {self.id} was removed under this test.")
        raise DevkitError(f"{failure.message} {failure.remedy or ''}".strip())

    @cached_property
    def seed(self) -> Seed:
        """What it began with: who can sign in, and with which key."""
        return Seed(self.status, int(self.described["seed"]))

    @cached_property
    def clock(self) -> ClockLever:
        return ClockLever(self.call)

    @cached_property
    def mail(self) -> MailLever:
        return MailLever(self.call)

    @cached_property
    def scenario(self) -> ScenarioLever:
        return ScenarioLever(self.call)

    @cached_property
    def journal(self) -> JournalLever:
        return JournalLever(self.call)

    @cached_property
    def events(self) -> Events:
        return Events(self.call)

    def calls(self, operation: str) -> Calls:
        """What was called so far, by the operation's name: `tasks.create`, `tasks.*`. What a client's own HTTP layer
        sent again counts once.
        """
        entries = self.journal.list(type="request", operation=operation)
        return Calls(operation, [entry for entry in entries if entry["repeats"] is None])

    def drill(self, scenario: str, *, timeout: str = "10m", force: bool = False) -> Drill:
        """Play a scenario while a `with` block uses the frontend, and judge what that did: the test fails where the
        drill does not pass.
        """
        wish = {"scenario": scenario, "sandbox": self.id, "early": False, "timeout": timeout, "force": force}
        return Drill(self.call, self._quietly, wish, self.path_url)

    def _quietly(self, method: str, path: str) -> None:
        """A call that puts something away: whoever removed it, or ended the server, has told so already."""
        if not self.server.died:
            with contextlib.suppress(OperatorError):
                self._control.call(method, path)

    def reset(self) -> None:
        """Back to the seeded state, with no scenario on."""
        self._users.clear()
        self.__dict__.pop("client", None)
        self.__dict__.pop("async_client", None)
        self.scenario.off()
        self.call("POST", "/reset")

    def close(self) -> None:
        """The test is over."""
        for close in self._closing:
            close()
        if self._owned:
            self._quietly("DELETE", f"/sandboxes/{self.id}")


def _fail(told: str) -> NoReturn:
    pytest.fail(told, pytrace=False)
