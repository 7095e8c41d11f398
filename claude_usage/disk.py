"""A full disk and a read-only one, in one line, whatever library has met them."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator

import duckdb

from ingestion.warehouse_file import FULL, READ_ONLY

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)


def plain_words(error: BaseException) -> str | None:
    """Return what is the matter with the disk, None where that is not what went wrong."""
    for one in _chain(error):
        # The history of runs is kept in SQLite.
        if not isinstance(one, OSError | sqlite3.Error | duckdb.Error):
            continue
        number, name = getattr(one, "errno", None), getattr(one, "filename", None)
        where = f" ({name})" if name else ""
        if number in _FULL or (number is None and FULL.search(str(one))):
            return f"the disk is full{where}. Make room and run again: what was stored stays"
        if number in _READ_ONLY or (number is None and READ_ONLY.search(str(one))):
            return f"this user may not write here, or the disk is mounted read-only{where}"
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    left: BaseException | None = error
    while left is not None and left not in seen:
        seen.append(left)
        yield left
        left = left.__cause__ or left.__context__
