"""A folder of seed files, read strictly: `load` raises FileError with file, line and column, or everything is sound.

`users.yaml` must be there; each of the others may be missing, and then none of its things exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel

from devkit import yamlfile
from devkit.effects import MINUTE
from devkit.errors import FileError, did_you_mean
from devkit.records import dataclass
from devkit.storage import seeded
from devkit.storage import seedmodels as shapes
from devkit.yamlfile import KeyPath

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedFiles:
    """What a seed folder holds, checked. `fingerprint` is hexadecimal: other files, another fingerprint."""

    folder: Path
    fingerprint: str
    users: shapes.UsersFile
    tasks: shapes.TasksFile
    models: shapes.ModelsFile
    flags: shapes.FlagsFile
    api_keys: shapes.ApiKeysFile
    uploads: shapes.UploadsFile
    conversations: shapes.ConversationsFile
    identities: shapes.IdentitiesFile

    def path_of(self, upload: shapes.SeedUpload) -> Path:
        """Where an upload's bytes are."""
        return self.folder / upload.file


def load(folder: Path) -> SeedFiles:
    """Read a seed folder. Raises FileError at the first fault."""
    _known_files_only(folder)
    if not (folder / "users.yaml").exists():
        raise FileError(
            folder / "users.yaml",
            "is missing: a seed folder needs its users",
            remedy="Write it (`devkit init` makes an example), or remove the folder to use the seed that is shipped.",
        )
    users = _Part(folder / "users.yaml", shapes.UsersFile)
    tasks = _Part(folder / "tasks.yaml", shapes.TasksFile)
    models = _Part(folder / "models.yaml", shapes.ModelsFile)
    flags = _Part(folder / "flags.yaml", shapes.FlagsFile)
    api_keys = _Part(folder / "api_keys.yaml", shapes.ApiKeysFile)
    uploads = _Part(folder / "uploads.yaml", shapes.UploadsFile)
    conversations = _Part(folder / "conversations.yaml", shapes.ConversationsFile)
    identities = _Part(folder / "identities.yaml", shapes.IdentitiesFile)

    emails = {user.email.casefold() for user in users.content.users}
    _check_users(users)
    _check_tasks(tasks, emails)
    _check_models(models)
    _check_api_keys(api_keys, emails)
    _check_uploads(uploads, emails, folder)
    _check_conversations(conversations, emails)
    _check_identities(identities)

    present = [name for name in seeded.FILE_NAMES if (folder / name).exists()]
    return SeedFiles(
        folder=folder,
        fingerprint=seeded.fingerprint(folder, [*present, *(upload.file for upload in uploads.content.uploads)]),
        users=users.content,
        tasks=tasks.content,
        models=models.content,
        flags=flags.content,
        api_keys=api_keys.content,
        uploads=uploads.content,
        conversations=conversations.content,
        identities=identities.content,
    )


class _Part(Generic[M]):
    """One file's content, and the complaints that only looking at several entries or files can find."""

    def __init__(self, path: Path, model: type[M]) -> None:
        self.document = yamlfile.read(path) if path.exists() else None
        self.content: M = self.document.parse(model) if self.document else model()

    def error(self, where: KeyPath, problem: str, remedy: str | None = None) -> FileError:
        if self.document is None:
            raise AssertionError("a file that is not there has no faults")
        return self.document.error(where, problem, remedy=remedy)

    def unique(self, what: str, wheres: Iterable[tuple[KeyPath, str | None]]) -> None:
        """No two of the values are equal; `wheres` are pairs of place and value (None: not given)."""
        seen: set[str] = set()
        for where, value in wheres:
            if value is None:
                continue
            if value in seen:
                raise self.error(where, f"the {what} {value!r} stands here a second time")
            seen.add(value)

    def owner(self, where: KeyPath, email: str, emails: set[str]) -> None:
        if email.casefold() not in emails:
            raise self.error(
                where,
                f"there is no user {email!r}.{did_you_mean(email.casefold(), emails)}",
                f"Users in users.yaml: {', '.join(sorted(emails)) or 'none'}.",
            )


def _known_files_only(folder: Path) -> None:
    try:
        names = seeded.yaml_names(folder)
    except OSError as error:
        raise FileError(folder, f"cannot be read: {error.strerror or error}") from None
    for name in names:
        if name not in seeded.FILE_NAMES:
            raise FileError(
                folder / name,
                f"is no seed file.{did_you_mean(name, seeded.FILE_NAMES)}",
                remedy=f"Known files: {', '.join(seeded.FILE_NAMES)}.",
            )


def _check_users(part: _Part[shapes.UsersFile]) -> None:
    users = part.content.users
    part.unique("id", ((("users", index, "id"), user.id) for index, user in enumerate(users)))
    part.unique("email", ((("users", index, "email"), user.email.casefold()) for index, user in enumerate(users)))
    part.unique(
        "username",
        (
            (("users", index, "username"), user.username.casefold() if user.username else None)
            for index, user in enumerate(users)
        ),
    )


def _check_tasks(part: _Part[shapes.TasksFile], emails: set[str]) -> None:
    owners = part.content.owners
    part.unique("owner", ((("owners", index, "email"), owner.email.casefold()) for index, owner in enumerate(owners)))
    part.unique(
        "id",
        (
            (("owners", index, "tasks", number, "id"), task.id)
            for index, owner in enumerate(owners)
            for number, task in enumerate(owner.tasks)
        ),
    )
    for index, owner in enumerate(owners):
        part.owner(("owners", index, "email"), owner.email, emails)
        if owner.total is not None and owner.total < len(owner.tasks):
            raise part.error(
                ("owners", index, "total"), f"total is {owner.total}, but {len(owner.tasks)} tasks are written below"
            )
        for number, task in enumerate(owner.tasks):
            if task.updated_at is not None and task.updated_at < task.created_at:
                raise part.error(("owners", index, "tasks", number, "updated_at"), "updated_at lies before created_at")


def _check_models(part: _Part[shapes.ModelsFile]) -> None:
    part.unique("id", ((("models", index, "id"), model.id) for index, model in enumerate(part.content.models)))


def _check_api_keys(part: _Part[shapes.ApiKeysFile], emails: set[str]) -> None:
    keys = part.content.api_keys
    part.unique("id", ((("api_keys", index, "id"), key.id) for index, key in enumerate(keys)))
    part.unique("key", ((("api_keys", index, "key"), key.key) for index, key in enumerate(keys)))
    for index, key in enumerate(keys):
        part.owner(("api_keys", index, "owner"), key.owner, emails)


def _check_uploads(part: _Part[shapes.UploadsFile], emails: set[str], folder: Path) -> None:
    uploads = part.content.uploads
    part.unique("id", ((("uploads", index, "id"), upload.id) for index, upload in enumerate(uploads)))
    for index, upload in enumerate(uploads):
        part.owner(("uploads", index, "owner"), upload.owner, emails)
        where = ("uploads", index, "file")
        path = folder / upload.file
        # Resolved, so that neither "..", nor an absolute path, nor a symbolic link leads out.
        if not path.resolve().is_relative_to(folder.resolve()):
            raise part.error(where, f"the file {upload.file!r} lies outside the seed folder")
        if not path.is_file():
            raise part.error(where, f"there is no file {upload.file!r} in the seed folder")


def _check_conversations(part: _Part[shapes.ConversationsFile], emails: set[str]) -> None:
    conversations = part.content.conversations
    part.unique("id", ((("conversations", index, "id"), talk.id) for index, talk in enumerate(conversations)))
    part.unique(
        "id",
        (
            (("conversations", index, "messages", number, "id"), message.id)
            for index, talk in enumerate(conversations)
            for number, message in enumerate(talk.messages)
        ),
    )
    for index, talk in enumerate(conversations):
        part.owner(("conversations", index, "owner"), talk.owner, emails)
        latest = talk.created_at
        for number, message in enumerate(talk.messages):
            if message.created_at is not None and message.created_at < latest:
                raise part.error(
                    ("conversations", index, "messages", number, "created_at"),
                    "created_at lies before what comes above it",
                )
            latest = message.created_at if message.created_at is not None else latest + MINUTE


def _check_identities(part: _Part[shapes.IdentitiesFile]) -> None:
    part.unique("id", ((("identities", index, "id"), one.id) for index, one in enumerate(part.content.identities)))
