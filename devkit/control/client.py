"""A small synchronous client of the control API, for commands."""

from __future__ import annotations

import http.client
import json
import os
import re
import ssl
from collections.abc import Callable, Mapping
from copy import copy
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from devkit.control import runtime
from devkit.errors import NotRunning, ServerRefused, UsageError

BASE = "/_devkit/api"
SANDBOX_HEADER = "X-Devkit-Sandbox"
TOKEN_HEADER = "X-Devkit-Token"  # noqa: S105 - the header's name

_BELOW = re.compile(r"(?<=[^/])/~([\w-]+)/?$")
_BAD_REQUEST = 400


def parted(url: str) -> tuple[str, str | None]:
    """A server's address, and the sandbox whose path stood behind it, as a drill tells it its command."""
    below = _BELOW.search(url)
    return (url[: below.start()], below[1]) if below else (url, None)


class Client:
    """Calls one server. `cafile` is the authority to trust for https, besides the system's."""

    def __init__(
        self,
        url: str,
        *,
        sandbox: str | None = None,
        token: str | None = None,
        cafile: Path | None = None,
        timeout: float = 30,
        pid: int | None = None,
    ) -> None:
        """`timeout` is in seconds, `pid` the server's process where that is known. Raises UsageError for an address
        that is none.
        """
        url, below = parted(url)
        sandbox = sandbox or below
        self.url = url.rstrip("/")
        self.pid = pid
        self._host, self._port, self._secure = _address(url)
        if self._host.endswith(".localhost"):
            # A sandbox's own address: browsers know that it is this machine, the system's resolver may not.
            sandbox = sandbox or self._host.removesuffix(".localhost")
            self._host = "localhost"
            self.url = f"{'https' if self._secure else 'http'}://localhost:{self._port}"
        self._cafile, self._timeout = cafile, timeout
        self._headers = {"Accept": "application/json"}
        if sandbox:
            self._headers[SANDBOX_HEADER] = sandbox
        if token:
            self._headers[TOKEN_HEADER] = token

    def of(self, sandbox: str) -> Client:
        """A client of another sandbox of the same server."""
        other = copy(self)
        other._headers = self._headers | {SANDBOX_HEADER: sandbox}
        return other

    def get(self, path: str, query: Mapping[str, str | int | None] | None = None) -> Any:
        """The answer's JSON. `path` is below `/_devkit/api`, or begins with `/_devkit`; None in `query` is left out.
        Raises as `call` does.
        """
        asked = {key: value for key, value in (query or {}).items() if value is not None}
        return self.call("GET", path + (f"?{urlencode(asked)}" if asked else ""))

    def ask(self, path: str) -> Any:
        """The same for what is below `/_devkit` alone: whether it lives, whether it takes more."""
        return self.call("GET", f"/_devkit{path}")

    def post(self, path: str, body: Any = None) -> Any:
        """The answer's JSON; None where it has no body. Raises as `call` does."""
        return self.call("POST", path, {} if body is None else body)

    def put(self, path: str, body: Any = None) -> Any:
        """The answer's JSON. Raises as `call` does."""
        return self.call("PUT", path, {} if body is None else body)

    def delete(self, path: str) -> Any:
        """The answer's JSON. Raises as `call` does."""
        return self.call("DELETE", path)

    def follow(self, path: str, query: Mapping[str, str | int | None], tell: Callable[[Any], None]) -> None:
        """Call `tell` with each message of a WebSocket, until the server ends it. Raises as `call` does."""
        import asyncio

        from devkit.control.following import follow

        asked = {key: str(value) for key, value in query.items() if value is not None}
        asyncio.run(follow(self.url + BASE + path, asked, self._headers, self._context(), self._answer, tell))

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One call; `body` is JSON, or the bytes of a zip file. The answer's JSON, or such bytes. Raises NotRunning
        where nobody answers, UsageError where a parameter is wrong, ServerRefused where the answer is another error.
        """
        headers = dict(self._headers)
        payload = None
        if isinstance(body, bytes):
            payload, headers["Content-Type"] = body, "application/zip"
        elif body is not None:
            payload = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        connection = self.connection()
        try:
            connection.request(method, path if path.startswith("/_devkit/") else BASE + path, payload, headers)
            response = connection.getresponse()
            status, content = response.status, response.read()
            if status < _BAD_REQUEST and response.headers.get_content_type() == "application/zip":
                return content
        except ssl.SSLCertVerificationError as error:
            raise ServerRefused(
                f"The certificate of {self.url} is not trusted: {error.verify_message}.",
                remedy="`devkit doctor` tells how to trust devkit's own.",
            ) from None
        except TimeoutError:
            raise ServerRefused(f"{self.url} did not answer within {self._timeout:g} s.") from None
        except (http.client.HTTPException, ssl.SSLError) as error:
            raise ServerRefused(f"What answers at {self.url} is no devkit server ({type(error).__name__}).") from None
        except OSError as error:
            raise NotRunning(
                f"No devkit server answers at {self.url} ({error.strerror or error}).", remedy=runtime.START
            ) from None
        finally:
            connection.close()
        return self._answer(status, content)

    def connection(self, timeout: float | None = None) -> http.client.HTTPConnection:
        """A connection to the server, for whatever it answers; `timeout` in seconds, the client's own if left out."""
        timeout = self._timeout if timeout is None else timeout
        # http.client and not urllib.request: that one would send calls to localhost through a configured proxy.
        if not self._secure:
            return http.client.HTTPConnection(self._host, self._port, timeout=timeout)
        return http.client.HTTPSConnection(self._host, self._port, timeout=timeout, context=self._context())

    def _context(self) -> ssl.SSLContext | None:
        if not self._secure:
            return None
        context = ssl.create_default_context()
        if self._cafile is not None and self._cafile.exists():
            context.load_verify_locations(self._cafile)
        return context

    def _answer(self, status: int, content: bytes) -> Any:
        try:
            value = json.loads(content) if content.strip() else None
        except ValueError:
            raise ServerRefused(f"What answers at {self.url} is no devkit server (status {status}, no JSON).") from None
        if status < 400:
            return value
        told = value if isinstance(value, dict) else {}
        message = str(told.get("message") or f"The server answered with status {status}.")
        if isinstance(details := told.get("details"), dict) and details:
            message += f": {'; '.join(f'{name}: {problem}' for name, problem in details.items())}"
        # Only what was typed can make a call unreadable: it is as wrong as what a command finds out by itself.
        raise UsageError(message) if status == _BAD_REQUEST else ServerRefused(message)


def connect(
    state_dir: Path, *, url: str | None = None, sandbox: str | None = None, cafile: Path | None = None
) -> Client:
    """A client of the server at `url`, else of the one that runs for `state_dir`.

    Raises NotRunning where none does, UsageError where several do.
    """
    servers = connect_all(state_dir, url=url, sandbox=sandbox, cafile=cafile)
    if len(servers) > 1:
        urls = [server.url for server in servers]
        raise UsageError(
            f"{len(urls)} devkit servers run in this folder: {', '.join(urls)}.",
            remedy=f"Name the one that is meant: --url {urls[-1]}, or DEVKIT_URL. `devkit status` tells more of them.",
        )
    return servers[0]


def connect_all(
    state_dir: Path, *, url: str | None = None, sandbox: str | None = None, cafile: Path | None = None
) -> list[Client]:
    """A client of each server that runs for `state_dir`, or of the one at `url`. Raises NotRunning where none does."""
    found = {server.url: server for server in runtime.find(state_dir)}
    if not url and not found:
        raise NotRunning("No devkit server is running in this folder.", remedy=runtime.START)
    clients = []
    for address in [url.rstrip("/")] if url else found:
        known = found.get(address)
        token, pid = (known.token, known.pid) if known else (runtime.given_token(os.environ), None)
        clients.append(Client(address, sandbox=sandbox, token=token, cafile=cafile, pid=pid))
    return clients


def segment(text: str) -> str:
    """`text` as one segment of a path."""
    return quote(text, safe="")


def _address(url: str) -> tuple[str, int, bool]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"{url!r} is no address of a server.", remedy="Write it as http://localhost:8000.")
    secure = parts.scheme == "https"
    return parts.hostname, port or (443 if secure else 80), secure
