"""Pages where JSON was expected: what a proxy, a login gate or a host says in place of the backend."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, ClassVar

from pydantic import Field

from devkit.dialects.replies import Reply, TextBody
from devkit.faults.base import Fault
from devkit.faults.hit import Hit
from devkit.faults.matter import Answered
from devkit.faults.parameters import ErrorStatus


class Maintenance(Fault):
    """Every call answers 503 with an HTML page that asks for patience, and `Retry-After` (seconds). `response.json()`
    rejects with a SyntaxError.
    """

    kind = "http.maintenance"
    terminal = True
    example: ClassVar = {"retry_after": 120}

    retry_after: Annotated[int, Field(ge=0)] = 120

    async def on_request(self, hit: Hit) -> None:
        text = "<p>We are updating this service. Please come back in a few minutes.</p>"
        raise Answered(page(503, "Down for maintenance", text, {"Retry-After": str(self.retry_after)}))


class HtmlError(Fault):
    """The call fails with this status and an HTML page, as from a proxy that does not reach the backend: an error that
    has no code and no message, and whose `response.json()` rejects with a SyntaxError.
    """

    kind = "http.html_error"
    terminal = True
    example: ClassVar = {"status": 502}

    status: ErrorStatus = 502

    async def on_request(self, hit: Hit) -> None:
        known = {status.value: status.phrase for status in HTTPStatus}
        title = f"{self.status} {known.get(self.status, 'Error')}"
        raise Answered(page(self.status, title, "<hr><address>proxy</address>"))


class LoginHtml(Fault):
    """The call answers 200 with the HTML of a login page, as where a gate in front of the backend has lost the session:
    `response.ok` is true, and `response.json()` rejects with a SyntaxError.
    """

    kind = "http.login_html"
    breaks = True
    terminal = True

    async def on_request(self, hit: Hit) -> None:
        form = (
            '<form method="post" action="/login"><label>Email <input name="email" type="email"></label>'
            '<label>Password <input name="password" type="password"></label><button>Sign in</button></form>'
        )
        raise Answered(page(200, "Sign in", form))


def page(status: int, title: str, content: str, headers: dict[str, str] | None = None) -> Reply:
    """An answer that is a page of HTML, of somebody who is not the backend."""
    text = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>\n'
        f"<body><h1>{title}</h1>{content}</body></html>\n"
    )
    return Reply(status, TextBody(text), headers=headers or {})


KINDS = (Maintenance, HtmlError, LoginHtml)
