"""States that no request of a client brings about: a URL of the user's arranges them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from devkit.errors import OperatorError
from devkit.verify.exchange import Request
from devkit.verify.wire import Door, Pool, WireError

Arranger = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]


def arranger(url: str) -> Arranger:
    """A function that asks `url` for a state: POST, with `{"state": …, "users": […]}`. What the answer's object holds
    is what the check is told of it. Raises OperatorError where the state is not arranged.
    """
    door = Door.of(url)

    async def arrange(state: str, known: dict[str, Any]) -> dict[str, Any]:
        pool = Pool(door)
        body = orjson.dumps({"state": state, **known})
        request = Request(method="POST", url=url, fields=(("Content-Type", "application/json"),), body=body)
        try:
            answer = await pool.send(request)
        except WireError as error:
            raise OperatorError(f"{url} did not arrange {state!r}: {error}") from None
        finally:
            await pool.close()
        if not answer.ok:
            raise OperatorError(f"{url} did not arrange {state!r}: it answered {answer.status}")
        return answer.json if isinstance(answer.json, dict) else {}

    return arrange
