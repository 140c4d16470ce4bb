"""A folder of seed files, read strictly: `load` raises FileError with file, line and column of all that is wrong, or
everything is sound.

`users.yaml` must be there; each of the others may be missing, and then none of its things exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel

from devkit import yamlfile
from devkit.config import SeedDates
from devkit.effects import MINUTE
from devkit.errors import FileError, Mistakes, did_you_mean
from devkit.records import dataclass
from devkit.storage import seeded
from devkit.storage import seedmodels as shapes
from devkit.yamlfile import KeyPath

M = TypeVar("M", bound=BaseModel)

_TOLD_ACCOUNTS = 12
"""Of so many users a server tells the password: a seed of a thousand is no list to choose from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedFiles:
    """What a seed folder holds, checked. `fingerprint` is hexadecimal: other files or another kind
    of dates, another fingerprint.
    """

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

    def summary(self, number: int, uploads: Mapping[str, str]) -> seeded.Seeded:
        """What a server has to know of these files and that number from the start; `uploads` as there."""
        keys = self.api_keys.api_keys
        return seeded.Seeded(
            number=number,
            fingerprint=self.fingerprint,
            accounts=tuple(
                seeded.Account(user.email, user.password, user.verified, user.role)
                for user in self.users.users[:_TOLD_ACCOUNTS]
            ),
            api_key=keys[0].key if keys else None,
            uploads=uploads,
        )


def load(folder: Path, dates: SeedDates = "fixed") -> SeedFiles:
    """Read a seed folder. Raises FileError with all that is wrong in its files."""
    mistakes = Mistakes()
    _known_files_only(folder, mistakes)
    if not (folder / "users.yaml").exists():
        mistakes.add(
            FileError(
                folder / "users.yaml",
                "is missing: a seed folder needs its users",
                remedy="Write it (`devkit init` makes one), or remove the folder: the shipped seed is used then.",
            )
        )
    users = _Part(folder / "users.yaml", shapes.UsersFile, mistakes)
    tasks = _Part(folder / "tasks.yaml", shapes.TasksFile, mistakes)
    models = _Part(folder / "models.yaml", shapes.ModelsFile, mistakes)
    flags = _Part(folder / "flags.yaml", shapes.FlagsFile, mistakes)
    api_keys = _Part(folder / "api_keys.yaml", shapes.ApiKeysFile, mistakes)
    uploads = _Part(folder / "uploads.yaml", shapes.UploadsFile, mistakes)
    conversations = _Part(folder / "conversations.yaml", shapes.ConversationsFile, mistakes)
    identities = _Part(folder / "identities.yaml", shapes.IdentitiesFile, mistakes)

    # Where the users are not known, nothing can be said of owners.
    emails = {user.email.casefold() for user in users.content.users} if users.sound else None
    _check_users(users)
    _check_tasks(tasks, emails, dates)
    _check_models(models)
    _check_api_keys(api_keys, emails)
    _check_uploads(uploads, emails, folder)
    _check_conversations(conversations, emails, dates)
    _check_identities(identities)
    mistakes.settle()

    present = [name for name in seeded.FILE_NAMES if (folder / name).exists()]
    return SeedFiles(
        folder=folder,
        fingerprint=seeded.fingerprint(folder, [*present, *(upload.file for upload in uploads.content.uploads)], dates),
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
    """One file's content (nothing, where it cannot be read), and the complaints that only looking at several entries or
    files can find.
    """

    def __init__(self, path: Path, model: type[M], mistakes: Mistakes) -> None:
        self._mistakes = mistakes
        self.document: yamlfile.Document | None = None
        self.content: M = model()
        self.sound = False
        if path.exists():
            with mistakes:
                self.document = yamlfile.read(path)
                self.content = self.document.parse(model)
                self.sound = True

    def wrong(self, where: KeyPath, problem: str, remedy: str | None = None) -> None:
        if self.document is None:
            raise AssertionError("a file that is not there has no faults")
        self._mistakes.add(self.document.error(where, problem, remedy=remedy))

    def unique(self, what: str, wheres: Iterable[tuple[KeyPath, str | None]]) -> None:
        """No two of the values are equal; `wheres` are pairs of place and value (None: not given)."""
        seen: set[str] = set()
        for where, value in wheres:
            if value is None:
                continue
            if value in seen:
                self.wrong(where, f"the {what} {value!r} stands here a second time")
            seen.add(value)

    def owner(self, where: KeyPath, email: str, emails: set[str] | None) -> None:
        if emails is not None and email.casefold() not in emails:
            self.wrong(
                where,
                f"there is no user {email!r}.{did_you_mean(email.casefold(), emails)}",
                f"Users in users.yaml: {', '.join(sorted(emails)) or 'none'}.",
            )


def _known_files_only(folder: Path, mistakes: Mistakes) -> None:
    try:
        names = seeded.yaml_names(folder)
    except OSError as error:
        raise FileError(folder, f"cannot be read: {error.strerror or error}") from None
    for name in names:
        if name not in seeded.FILE_NAMES:
            mistakes.add(
                FileError(
                    folder / name,
                    f"is no seed file.{did_you_mean(name, seeded.FILE_NAMES)}",
                    remedy=f"Known files: {', '.join(seeded.FILE_NAMES)}.",
                )
            )


def _check_users(part: _Part[shapes.UsersFile]) -> None:
    users = part.content.users
    if part.sound and not users:
        part.wrong((), "holds nobody: the first user is the one to try things with", "Write at least one user.")
    part.unique("id", ((("users", index, "id"), user.id) for index, user in enumerate(users)))
    part.unique("email", ((("users", index, "email"), user.email.casefold()) for index, user in enumerate(users)))
    part.unique(
        "username",
        (
            (("users", index, "username"), user.username.casefold() if user.username else None)
            for index, user in enumerate(users)
        ),
    )


def _check_tasks(part: _Part[shapes.TasksFile], emails: set[str] | None, dates: SeedDates) -> None:
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
            part.wrong(
                ("owners", index, "total"), f"total is {owner.total}, but {len(owner.tasks)} tasks are written below"
            )
        for number, task in enumerate(owner.tasks):
            if task.updated_at is not None and _precedes(task.updated_at, task.created_at, dates):
                part.wrong(("owners", index, "tasks", number, "updated_at"), "updated_at lies before created_at")


def _precedes(one: shapes.Moment, other: shapes.Moment, dates: SeedDates) -> bool:
    if dates == "relative" and type(one) is not type(other):
        # One day it does, another it does not.
        return False
    return shapes.at(one, seeded.EPOCH) < shapes.at(other, seeded.EPOCH)


def _check_models(part: _Part[shapes.ModelsFile]) -> None:
    part.unique("id", ((("models", index, "id"), model.id) for index, model in enumerate(part.content.models)))


def _check_api_keys(part: _Part[shapes.ApiKeysFile], emails: set[str] | None) -> None:
    keys = part.content.api_keys
    part.unique("id", ((("api_keys", index, "id"), key.id) for index, key in enumerate(keys)))
    part.unique("key", ((("api_keys", index, "key"), key.key) for index, key in enumerate(keys)))
    for index, key in enumerate(keys):
        part.owner(("api_keys", index, "owner"), key.owner, emails)


def _check_uploads(part: _Part[shapes.UploadsFile], emails: set[str] | None, folder: Path) -> None:
    uploads = part.content.uploads
    part.unique("id", ((("uploads", index, "id"), upload.id) for index, upload in enumerate(uploads)))
    for index, upload in enumerate(uploads):
        part.owner(("uploads", index, "owner"), upload.owner, emails)
        where = ("uploads", index, "file")
        path = folder / upload.file
        # Resolved, so that neither "..", nor an absolute path, nor a symbolic link leads out.
        if not path.resolve().is_relative_to(folder.resolve()):
            part.wrong(where, f"the file {upload.file!r} lies outside the seed folder")
        elif not path.is_file():
            part.wrong(where, f"there is no file {upload.file!r} in the seed folder")


def _check_conversations(part: _Part[shapes.ConversationsFile], emails: set[str] | None, dates: SeedDates) -> None:
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
            if message.created_at is not None and _precedes(message.created_at, latest, dates):
                part.wrong(
                    ("conversations", index, "messages", number, "created_at"),
                    "created_at lies before what comes above it",
                )
            latest = shapes.later(latest, MINUTE) if message.created_at is None else message.created_at


def _check_identities(part: _Part[shapes.IdentitiesFile]) -> None:
    part.unique("id", ((("identities", index, "id"), one.id) for index, one in enumerate(part.content.identities)))
