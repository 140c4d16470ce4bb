"""The seeded state, made when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from devkit.config import SeedDates
from devkit.effects import Instant
from devkit.storage.seeded import RowSeeds, Seeded, beside, epoch_at

if TYPE_CHECKING:
    from devkit.storage.growing import Hasher
    from devkit.storage.seedfiles import SeedFiles


_KEPT = 4
"""Days of which the content is kept: the machine's, the one before, and those of sandboxes with a time of their own."""


class Template:
    """The seeded state that a sandbox begins with and is reset to: made when it is first needed, once, or for each day
    where `dates` are relative. It comes from the seed files in `folder`, which are read once, and again by `reread`,
    and from the seed's `number`.
    """

    def __init__(
        self,
        folder: Path,
        number: int,
        hasher: Hasher,
        *,
        dates: SeedDates = "fixed",
        place: Callable[[], Path] | None = None,
        reader: Template | None = None,
        rows: RowSeeds | None = None,
    ) -> None:
        """`place` says where the files are by now, where that may change; `reader` reads them, where that is another's
        task. `rows` are what a contract of somebody's own begins with.
        """
        self.folder = folder
        self.number = number
        self.dates = dates
        self._hasher = hasher
        self._place, self._reader = place or (lambda: folder), reader
        self._files: SeedFiles | None = None
        self._seeded: Seeded | None = None
        self._contents: dict[tuple[Instant, RowSeeds | None], bytes] = {}
        self._making = threading.RLock()
        self._rows = rows

    @property
    def rows(self) -> RowSeeds | None:
        """What a contract of somebody's own begins with."""
        return self._reader.rows if self._reader else self._rows

    def adopt(self, rows: RowSeeds | None) -> None:
        """From now on a contract begins with those."""
        self._rows = rows

    def prepare(self, remembered: Seeded | None) -> None:
        """What is needed from the start: read from the files, unless what was remembered of them is still true. Raises
        FileError; not in the loop's thread.
        """
        with self._making:
            if self._seeded is None and remembered is not None and self._made_by(remembered, self.folder):
                self._seeded = remembered
            if self._seeded is None:
                self.files()

    def files(self) -> SeedFiles:
        """What the files say. Raises FileError; the first call reads them, and is not for the loop's thread."""
        with self._making:
            if self._files is None:
                from devkit.storage import seedfiles, seeding

                files = self._reader.files() if self._reader else seedfiles.load(self.folder, self.dates)
                self._seeded = files.summary(self.number, seeding.upload_files(files, self.number))
                self._files = files
            return self._files

    def content(self, now: Instant) -> bytes:
        """The database as it is made at `now`, serialized. The first call takes 200 ms: not in the loop's thread."""
        epoch, rows = epoch_at(self.dates, now), self.rows
        with self._making:
            if (epoch, rows) not in self._contents:
                from devkit.storage import seeding

                made = seeding.template(self.files(), self.number, self._hasher, epoch, rows)
                self._contents = {**dict(list(self._contents.items())[1 - _KEPT :]), (epoch, rows): made}
            return self._contents[epoch, rows]

    def with_number(self, number: int) -> Template:
        """The same files with another number."""
        return Template(self.folder, number, self._hasher, dates=self.dates, reader=self)

    def reread(self, now: Instant) -> bool:
        """Read the files anew where they were edited; False where they are as they were. Raises FileError with all that
        is wrong, and then nothing has changed. Not in the loop's thread.
        """
        if self._reader is not None:
            self._reader.reread(now)
        folder = self._reader.folder if self._reader else self._place()
        if folder == self.folder and self._made_by(self.of_files, folder):
            return False
        from devkit.storage import seedfiles, seeding

        files = self._reader.files() if self._reader else seedfiles.load(folder, self.dates)
        seeded = files.summary(self.number, seeding.upload_files(files, self.number))
        epoch, rows = epoch_at(self.dates, now), self.rows
        content = seeding.template(files, self.number, self._hasher, epoch, rows)
        with self._making:
            self.folder, self._files, self._seeded, self._contents = folder, files, seeded, {(epoch, rows): content}
        return True

    def is_made(self, now: Instant) -> bool:
        """Whether `content` is there already."""
        return (epoch_at(self.dates, now), self.rows) in self._contents

    def _made_by(self, seeded: Seeded, folder: Path) -> bool:
        return seeded.still_holds(folder, self.number, self.dates)

    @property
    def seeded(self) -> Seeded:
        """What a database that is made from this says of its seed."""
        rows = self.rows
        return replace(self.of_files, fingerprint=beside(self.of_files.fingerprint, rows)) if rows else self.of_files

    @property
    def of_files(self) -> Seeded:
        """The same of the files alone: what is remembered of them until the next start."""
        if self._seeded is None:
            self.prepare(None)
        assert self._seeded is not None  # noqa: S101 - `prepare` saw to it
        return self._seeded

    def uploads(self) -> Mapping[str, Path]:
        """The seeded uploads' files, by the uploads' ids."""
        return {upload_id: self.folder / name for upload_id, name in self.seeded.uploads.items()}
