"""Where the receiver leaves rows: a file an hour, appended to and flushed, renamed when closed."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ingestion.flushing import flush
from ingestion.private_files import FILE_MODE, make_folder

ROWS = ".rows.jsonl"
OPEN = ".open"


def now() -> datetime:
    return datetime.now(UTC)


class DropFolder:
    """The one file that rows are appended to, and those of receivers that were killed.

    A file that is being written ends with `.open`, and is read like the others: all that was
    answered is in it.
    """

    def __init__(self, folder: Path, clock: Callable[[], datetime] = now) -> None:
        self._folder, self._clock = folder, clock
        self._path: Path | None = None
        self._descriptor = -1
        self._hour = ""
        self._length = 0
        make_folder(folder)
        self._close_left_open()

    def append(self, lines: bytes) -> None:
        """Write lines and return when they are on the disk.

        Raises:
            OSError: they are not, and nothing of them is left in the file.
        """
        hour = f"{self._clock():%Y%m%dT%H}"
        if hour != self._hour:
            self.close()
            self._begin(hour)
        try:
            _write(self._descriptor, lines)
            os.fdatasync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, self._length)
            os.lseek(self._descriptor, self._length, os.SEEK_SET)
            raise
        self._length += len(lines)

    def close(self) -> None:
        """Give the file its last name; the next rows begin another."""
        if self._path is None:
            return
        os.rename(self._path, self._path.with_suffix(""))
        os.close(self._descriptor)
        flush(self._folder)
        self._path, self._hour = None, ""

    def _begin(self, hour: str) -> None:
        path = self._folder / f"{hour}-{secrets.token_hex(4)}{ROWS}{OPEN}"
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        # Until this process ends, however it does.
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        flush(self._folder)
        self._path, self._hour, self._length = path, hour, 0

    def _close_left_open(self) -> None:
        for path in self._folder.glob(f"*{ROWS}{OPEN}"):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.rename(path, path.with_suffix(""))
            except BlockingIOError:
                # Another receiver is writing it.
                continue
            finally:
                os.close(descriptor)


def _write(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
