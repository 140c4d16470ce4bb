"""The OPTIONS call that a browser sends ahead of every call that is not a simple one. Scripts never see it: only that
their call comes late, or fails without having been sent.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from devkit.faults.base import Fault
from devkit.faults.headers import HeaderText
from devkit.faults.hit import Hit
from devkit.faults.matter import Preflight
from devkit.faults.parameters import Duration


class Status(Fault):
    """Calls with a preflight reject with `TypeError: Failed to fetch` and are not sent: the preflight is answered with
    this status, where the browser wants 200 to 299.
    """

    kind = "preflight.status"
    terminal = True
    example: ClassVar = {"status": 500}

    status: Annotated[int, Field(ge=200, le=599)]

    async def on_preflight(self, hit: Hit, preflight: Preflight) -> None:
        preflight.status = self.status


class Redirect(Fault):
    """Calls with a preflight reject with `TypeError: Failed to fetch` and are not sent: the preflight is redirected,
    which browsers do not follow.
    """

    kind = "preflight.redirect"
    terminal = True
    example: ClassVar = {"location": "https://www.example.com/login"}

    location: HeaderText

    async def on_preflight(self, hit: Hit, preflight: Preflight) -> None:
        preflight.status = 307
        preflight.headers["Location"] = self.location


class Delay(Fault):
    """Calls with a preflight take this much longer; simple ones do not."""

    kind = "preflight.delay"
    example: ClassVar = {"delay": "300ms"}

    delay: Duration

    async def on_preflight(self, hit: Hit, preflight: Preflight) -> None:
        await hit.sleep(self.delay)


class Hang(Fault):
    """The preflight is not answered: the call stays pending, without having been sent, until the client gives up or the
    scenario is switched off.
    """

    kind = "preflight.hang"
    terminal = True

    async def on_preflight(self, hit: Hit, preflight: Preflight) -> None:
        await hit.hang()


class MaxAge(Fault):
    """The browser keeps the preflight's answer for so many seconds (Chromium for two hours at the most) and sends no
    other meanwhile: whatever is changed on the server about methods, headers or origin goes unseen until then.
    """

    kind = "preflight.max_age"
    example: ClassVar = {"seconds": 600}

    seconds: Annotated[int, Field(ge=0)]

    async def on_preflight(self, hit: Hit, preflight: Preflight) -> None:
        preflight.headers["Access-Control-Max-Age"] = str(self.seconds)


KINDS = (Status, Redirect, Delay, Hang, MaxAge)
