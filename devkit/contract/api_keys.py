"""API keys: a user's tokens for programs (seed 001; CONTRACT.md, "`webplus`")."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from devkit.contract.entities import ApiKey, NewApiKey, Page
from devkit.contract.fields import NO_NUL
from devkit.contract.operations import Input, Media, Need, Operation
from devkit.contract.paging import Paged

KeyName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), NO_NUL]


class ListApiKeys(Paged):
    """A page of the user's keys."""


class CreateApiKey(Input):
    name: KeyName


class ApiKeyId(Input):
    id: str


OPERATIONS = [
    Operation(
        id="api_keys.create",
        summary="Make an API key",
        description="The answer is the only one that shows the key itself.",
        keeper="api_keys.create",
        result=NewApiKey,
        media=Media.JSON,
        input=CreateApiKey,
        errors=("validation_error",),
        example={"name": "Nightly import"},
        has=Need.CREATE,
    ),
    Operation(
        id="api_keys.list",
        summary="The user's API keys, the newest first",
        keeper="api_keys.list",
        result=Page[ApiKey],
        input=ListApiKeys,
        errors=("validation_error",),
    ),
    Operation(
        id="api_keys.revoke",
        summary="Delete an API key",
        description="From then on, who sends it is told `token_revoked`, and sockets that it opened are closed.",
        keeper="api_keys.revoke",
        result=None,
        input=ApiKeyId,
        errors=("not_found",),
        example={"id": "00000000-0000-4000-8000-000000000000"},
        has=Need.DELETE,
    ),
]
