"""A full disk and a read-only one, in one line, whatever library has met them."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator

import duckdb

from ingestion.warehouse_file import FULL, READ_ONLY

IS_FULL = "the disk is full. Make room and run again: what was stored stays"
IS_READ_ONLY = "this user may not write there, or the disk is mounted read-only"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)


def plain_words(error: BaseException) -> str | None:
    """Return what is the matter with the disk, None where that is not what went wrong."""
    for one in _chain(error):
        number, name = getattr(one, "errno", None), getattr(one, "filename", None)
        where = f" ({name})" if name else ""
        if number in _FULL:
            return f"{IS_FULL}{where}"
        if number in _READ_ONLY:
            return f"{IS_READ_ONLY}{where}"
        # The history of runs is kept in SQLite.
        if isinstance(one, sqlite3.Error | duckdb.Error) and (message := plain_text(str(one))):
            return message
    return None


def plain_text(text: str) -> str | None:
    """The same of a message, where nothing else is left of the error."""
    if FULL.search(text):
        return IS_FULL
    return IS_READ_ONLY if READ_ONLY.search(text) else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    left: BaseException | None = error
    while left is not None and left not in seen:
        seen.append(left)
        yield left
        left = left.__cause__ or left.__context__
