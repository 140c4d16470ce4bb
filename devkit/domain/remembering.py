"""Answers that are given once for each idempotency key, whatever gives them."""

from __future__ import annotations

import asyncio
import hashlib
import json
from base64 import b64decode, b64encode
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from devkit.contract.operations import Operation
from devkit.contract.shapes import Said, Told
from devkit.domain.base import Caller, Keeper, Resources
from devkit.storage import idempotency
from devkit.storage.idempotency import NOBODY, Keyed


def keyed(operation: str, caller: Caller, told: Told) -> Keyed | None:
    """What is done once; None where the client named no key."""
    key = told.idempotency_key
    if key is None:
        return None
    user_id = caller.user_id if caller.user is not None else NOBODY
    said: Any = {"path": dict(told.path), "query": dict(told.query), "body": told.body}
    fingerprint = hashlib.sha256(json.dumps(said, sort_keys=True, default=repr).encode()).hexdigest()
    return Keyed(user_id, operation, str(key), fingerprint)


def remembering(keep: Keeper, operation: Operation, on: Resources) -> Keeper:
    """What keeps an operation by a `Said`, asked once for each key. What comes with the same key while the first call
    is under way waits for its answer. An error that is raised is not remembered: nothing was done.
    """
    under_way: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def kept(caller: Caller, told: Told) -> Said:
        call = keyed(f"answers/{operation.id}", caller, told)
        if call is None:
            found: Said = await keep(caller, told)
            return found
        lock = under_way.setdefault((call.user_id, call.key), asyncio.Lock())
        async with lock:
            text = on.database.read(partial(idempotency.first_answer, call=call, now=on.clock.now()))
            if text is not None:
                return _read(text)
            made: Said = await keep(caller, told)
            text = _written(made)
            await on.database.write(partial(idempotency.remember, call=call, now=on.clock.now(), answer=text))
            return made

    return kept


def _written(said: Said) -> str:
    is_bytes = isinstance(said.body, bytes)
    body = b64encode(said.body).decode() if is_bytes else said.body
    return json.dumps([said.status, is_bytes, body, said.media_type, dict(said.headers)])


def _read(text: str) -> Said:
    status, is_bytes, body, media_type, headers = json.loads(text)
    return Said(status=status, body=b64decode(body) if is_bytes else body, media_type=media_type, headers=headers)
