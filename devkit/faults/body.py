"""Bodies that are no JSON, that belong to another version of the backend, or have another shape."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from devkit.contract.entities import AppConfig, Health
from devkit.contract.operations import Need
from devkit.faults.base import Fault, Proceed
from devkit.faults.foreign import Foreign
from devkit.faults.frames import changed
from devkit.faults.matter import Frame
from devkit.faults.reshaping import Reshaped, rows_of, set_total

if TYPE_CHECKING:
    from devkit.dialects.replies import Reply
    from devkit.faults.hit import Hit


class Malformed(Fault):
    """The body is no valid JSON, though status and headers are right: cut off (`truncated`, with a Content-Length that
    fits), with a comma too many (`trailing`), quoted with `'` (`single_quotes`), or with a NaN among the numbers
    (`nan`).
    """

    kind = "body.malformed"
    breaks = True
    example = {"mode": "truncated"}

    mode: Literal["truncated", "trailing", "single_quotes", "nan"]

    def on_body(self, hit: Hit, body: bytes) -> bytes:
        match self.mode:
            case "truncated":
                return body[: len(body) * 2 // 3]
            case "trailing":
                return body[:-1] + b"," + body[-1:]
            case "single_quotes":
                return body.replace(b'"', b"'")
        try:
            value = json.loads(body)
        except ValueError:
            return body
        return json.dumps(_with_nan(value), ensure_ascii=False, separators=(",", ":")).encode()


class Empty(Fault):
    """The status says that there is a body of JSON, and there is none: no byte of it."""

    kind = "body.empty"
    breaks = True

    def on_body(self, hit: Hit, body: bytes) -> bytes:
        return b""


class ContentType(Fault):
    """The body is right, but Content-Type says it is something else."""

    kind = "body.content_type"
    example = {"value": "text/html"}

    value: Annotated[str, Field(pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$", max_length=200)]

    def on_headers(self, hit: Hit, headers: Any) -> None:
        if "Content-Type" in headers:
            headers["Content-Type"] = self.value
            headers.popall("ETag", None)


class EmptyArray(Reshaped):
    """The list has no rows and a total of 0, as if nothing had ever been stored; nothing is deleted."""

    kind = "array.empty"
    needs = (Need.LIST,)

    def reshape(self, hit: Hit, body: Any, reply: Reply) -> Any:
        rows = rows_of(body)
        if rows is not None and reply.status < 400:
            rows.clear()
            set_total(reply, body, 0)
            reply.drop("Link")
        return body


class HugeArray(Fault):
    """The list has this many rows, whatever page size was asked for: those that are there again and again, each with an
    id of its own. An empty list stays empty.
    """

    kind = "array.huge"
    needs = (Need.LIST,)
    example = {"count": 10000}

    count: Annotated[int, Field(ge=1, le=100_000)]

    async def on_reply(self, hit: Hit, reply: Reply) -> Reply:
        if reply.status < 400 and rows_of(reply.body):
            await asyncio.to_thread(self._grow, reply, hit.chance.uuid()[:24])
        return reply

    def _grow(self, reply: Reply, prefix: str) -> None:
        reply.body = copy.deepcopy(reply.body)
        rows = rows_of(reply.body) or []
        models = list(rows)
        rows[:] = [
            {**row, "id": f"{prefix}{number:012x}"} if isinstance(row, dict) and "id" in row else row
            for number in range(self.count)
            for row in [models[number % len(models)]]
        ]
        set_total(reply, reply.body, self.count)


class DuplicateIds(Reshaped):
    """Rows share their ids in twos: every second row has that of the row before it."""

    kind = "array.duplicate_ids"
    needs = (Need.LIST,)

    def reshape(self, hit: Hit, body: Any, reply: Reply) -> Any:
        rows = rows_of(body) or []
        for first, second in zip(rows[::2], rows[1::2], strict=False):
            if isinstance(first, dict) and isinstance(second, dict) and "id" in first:
                second["id"] = first["id"]
        return body


class Envelope(Reshaped):
    """What is wrapped around an answer is another: `bare` (just the rows, or what stands under the only key), `data`
    (everything below `data`), `result` (`{success: true, result}`), `items` or `results` (the rows under that name).
    Errors stay as they are.
    """

    kind = "envelope.change"
    example = {"shape": "bare"}

    shape: Literal["bare", "data", "result", "items", "results"]

    def reshape(self, hit: Hit, body: Any, reply: Reply) -> Any:
        if reply.status >= 400:
            return body
        match self.shape:
            case "bare":
                return _unwrapped(body)
            case "data":
                return {"data": body}
            case "result":
                return {"success": True, "result": body}
        if isinstance(body, list):
            return {self.shape: body}
        rows = rows_of(body)
        return (
            {self.shape if value is rows else key: value for key, value in body.items()} if rows is not None else body
        )


class ErrorShape(Reshaped):
    """Errors keep their status, and have another body: `string` (just a text), `nested` (`{error: {code, message}}`),
    `list` (`{errors: [{code, message}]}`), `detail` (`{detail}`), `problem` (RFC 9457, application/problem+json),
    `empty` (`{}`).
    """

    kind = "error.shape"
    example = {"shape": "nested"}

    shape: Literal["string", "nested", "list", "detail", "problem", "empty"]

    def reshape(self, hit: Hit, body: Any, reply: Reply) -> Any:
        if reply.status < 400 or not isinstance(body, dict):
            return body
        code, message = _told(body, "code", "error"), _told(body, "message", "detail", "error")
        if self.shape == "problem":
            reply.headers["Content-Type"] = "application/problem+json"
            return {"type": "about:blank", "title": message, "status": reply.status, "code": code}
        return _ERRORS[self.shape](code, message)


class KeyCase(Reshaped):
    """All keys of the answer are spelled otherwise: `snake`, `camel`, `pascal`, `kebab` or `upper` (`DUE_DATE`)."""

    kind = "key_case"
    example = {"style": "snake"}

    style: Literal["snake", "camel", "pascal", "kebab", "upper"]

    def reshape(self, hit: Hit, body: Any, reply: Reply) -> Any:
        return self._respelled(body)

    def _respelled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self._spelled(key): self._respelled(item) for key, item in value.items()}
        return [self._respelled(item) for item in value] if isinstance(value, list) else value

    def _spelled(self, key: str) -> str:
        words = [word.lower() for word in _WORD.findall(key)]
        match self.style:
            case "snake":
                return "_".join(words)
            case "kebab":
                return "-".join(words)
            case "upper":
                return "_".join(words).upper()
        joined = "".join(word.capitalize() for word in words)
        return joined if self.style == "pascal" else joined[:1].lower() + joined[1:]


class VersionSkew(Fault):
    """The backend says that it is another version, in its configuration and its health, as after a deployment that the
    frontend has not followed.
    """

    kind = "version.skew"
    needs = (Need.VERSION,)
    example = {"value": "99.0.0"}

    value: Annotated[str, Field(min_length=1, max_length=100)]

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        result = await proceed()
        if isinstance(result, Foreign):
            return result.told({"version"}, lambda _: self.value)
        known = isinstance(result, (AppConfig, Health))
        return dataclasses.replace(result, version=self.value) if known else result


class ConfigFlag(Fault):
    """A feature flag has this value in the configuration that the frontend reads; one that was not there appears."""

    kind = "config.flag"
    needs = (Need.FLAGS,)
    example = {"name": "chat", "value": False}

    name: Annotated[str, Field(min_length=1, max_length=100)]
    value: Any

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        result = await proceed()
        if isinstance(result, Foreign):
            return result.told(_FLAGS, self._flagged)
        return dataclasses.replace(result, features={**result.features, self.name: self.value})

    def _flagged(self, flags: Any) -> Any:
        """Flags by their names, or a list of the names of those that are on."""
        if isinstance(flags, dict):
            return {**flags, self.name: self.value}
        if not isinstance(flags, list):
            return flags
        others = [flag for flag in flags if flag != self.name]
        return [*others, self.name] if self.value else others


class HealthState(Fault):
    """The backend says that it is in this state, on WebSockets that tell of its health too; `down` comes with status
    503. All other calls work as ever.
    """

    kind = "health"
    needs = (Need.HEALTH,)
    messages = ("health_check",)
    events = ()
    example = {"state": "degraded"}

    state: Literal["healthy", "degraded", "down"]

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        result = await proceed()
        if isinstance(result, Foreign):
            return result.told({"status"}, lambda _: self.state)
        if isinstance(result, Health) and result.components:
            # As where the database is at fault: the whole is as its worst part.
            first, *others = result.components
            first = dataclasses.replace(first, status=self.state)
            return dataclasses.replace(result, status=self.state, components=(first, *others))
        return dataclasses.replace(result, status=self.state)

    async def on_reply(self, hit: Hit, reply: Reply) -> Reply:
        if self.state == "down" and reply.status < 400:
            reply.status = 503
        return reply

    async def on_frame(self, hit: Hit, frame: Frame) -> list[Frame]:
        message = "All components work" if self.state == "healthy" else f"The backend is {self.state}"
        return [changed(frame, status=self.state, message=message)]


_FLAGS = frozenset({"features", "flags", "featureflags"})
_ERRORS: dict[str, Callable[[str, str], Any]] = {
    "string": lambda _, message: message,
    "nested": lambda code, message: {"error": {"code": code, "message": message}},
    "list": lambda code, message: {"errors": [{"code": code, "message": message}]},
    "detail": lambda _, message: {"detail": message},
    "empty": lambda *_: {},
}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[0-9]+|[^A-Za-z0-9_-]+")


def _with_nan(value: Any) -> Any:
    """The value with a NaN in the place of its first number, or beside the rest where there is none."""
    if not _put_nan(value):
        return {**value, "value": float("nan")} if isinstance(value, dict) else float("nan")
    return value


def _put_nan(value: Any) -> bool:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in entries:
        if isinstance(item, (int, float)) and not isinstance(item, bool):
            value[key] = float("nan")
            return True
        if _put_nan(item):
            return True
    return False


def _unwrapped(body: Any) -> Any:
    rows = rows_of(body)
    if rows is not None:
        return rows
    return next(iter(body.values())) if len(body) == 1 else body


def _told(body: dict[str, Any], *names: str) -> str:
    return next((body[name] for name in names if isinstance(body.get(name), str)), "")


KINDS = (
    Malformed, Empty, ContentType, EmptyArray, HugeArray, DuplicateIds, Envelope, ErrorShape, KeyCase,
    VersionSkew, ConfigFlag, HealthState,
)  # fmt: skip
