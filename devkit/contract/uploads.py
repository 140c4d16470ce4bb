"""Uploads (seed 000, "File Upload"; CONTRACT.md, "`agreed`")."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from devkit.contract.entities import Page, Upload, UploadContent
from devkit.contract.operations import Conditional, Input, Media, Need, Operation
from devkit.contract.paging import Paged

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
"""A pattern for the id of an upload."""


class CreateUpload(Input):
    """What comes beside the files, which arrive as a stream (`devkit.domain.uploads`)."""

    upload_id: Annotated[str, Field(json_schema_extra={"format": "uuid", "pattern": f"^{UUID}$"})] | None = None


class ListUploads(Paged):
    """A page of the user's uploads."""


class UploadId(Conditional):
    id: str


_ID = {"id": "00000000-0000-4000-8000-000000000000"}

OPERATIONS = [
    Operation(
        id="uploads.create",
        summary="Upload one or several files",
        description=(
            "multipart/form-data with one or several files in the field `file`; other fields are passed over, files in "
            "them are refused. Progress events arrive on `uploads` and `upload:<id>` while the body does. An upload "
            "can be named beforehand, and its topic subscribed to before the first byte is sent."
        ),
        keeper="uploads.create",
        result=tuple[Upload, ...],
        media=Media.MULTIPART,
        input=CreateUpload,
        errors=("validation_error", "conflict", "payload_too_large", "unsupported_media_type", "insufficient_storage"),
        emits=("upload_progress", "upload_complete", "upload_failed"),
        has=Need.CREATE,
    ),
    Operation(
        id="uploads.list",
        summary="The user's uploads, newest first",
        keeper="uploads.list",
        result=Page[Upload],
        input=ListUploads,
        errors=("validation_error",),
    ),
    Operation(
        id="uploads.get",
        summary="What is known of an upload",
        keeper="uploads.get",
        result=Upload,
        input=UploadId,
        errors=("not_found", "precondition_failed"),
        example=_ID,
    ),
    Operation(
        id="uploads.content",
        summary="The bytes of an upload",
        description="`Range` is honoured (RFC 9110, section 14).",
        keeper="uploads.content",
        result=UploadContent,
        input=UploadId,
        errors=("not_found", "precondition_failed", "range_not_satisfiable"),
        example=_ID,
    ),
    Operation(
        id="uploads.delete",
        summary="Delete an upload and its bytes",
        keeper="uploads.delete",
        result=None,
        input=UploadId,
        errors=("not_found", "precondition_failed"),
        example=_ID,
        has=Need.DELETE,
    ),
]
