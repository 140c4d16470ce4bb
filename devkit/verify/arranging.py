"""States that no request of a client brings about: a URL of the user's arranges them."""

from __future__ import annotations

from typing import Any

import orjson

from devkit.errors import OperatorError
from devkit.verify.case import Arrange
from devkit.verify.exchange import Request
from devkit.verify.verdicts import unclear
from devkit.verify.wire import Door, Pool, WireError


def arranger(url: str) -> Arrange:
    """A function that asks `url` for a state: POST, with `{"state": …, "action": "setup", "users": […]}`, and with
    `teardown` when the check has ended. What the answer's object holds is what the check is told of it.
    """
    door = Door.of(url)

    async def arrange(state: str, known: dict[str, Any]) -> dict[str, Any]:
        pool = Pool(door)
        action = "teardown" if state.startswith("-") else "setup"
        body = orjson.dumps({"state": state.lstrip("-"), "action": action, **known})
        request = Request(method="POST", url=url, fields=(("Content-Type", "application/json"),), body=body)
        try:
            answer = await pool.send(request)
        except WireError as error:
            # It was to arrange states, and does not even say that it cannot.
            unclear(f"{url} did not arrange {state.lstrip('-')!r}: {error}")
        finally:
            await pool.close()
        if not answer.ok:
            raise OperatorError(f"{url} did not arrange {state!r}: it answered {answer.status}")
        return answer.json if isinstance(answer.json, dict) else {}

    return arrange
