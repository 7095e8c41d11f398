"""Files of exports: which there are, and their lines."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

ENDS = (".jsonl", ".jsonl.gz")
# Unpacked: an export of a year is a tenth of it.
LONGEST_EXPORT = 2_000_000_000


class ExportUnreadable(Exception):
    """A file that is no whole export; no content is in the message."""


@dataclass(frozen=True)
class ExportFile:
    """An export as it lies in the folder; ``key`` stands for its path below it."""

    path: Path
    key: str
    size: int
    modified_ns: int


def export_files(folder: Path) -> list[ExportFile]:
    """Return the exports in a folder and below, by path; hidden files are half written."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.startswith(".") or not name.endswith(ENDS):
                continue
            path = Path(place, name)
            stat = path.stat()
            key = hashlib.sha256(os.fsencode(path.relative_to(folder))).hexdigest()[:24]
            found.append(ExportFile(path, key, stat.st_size, stat.st_mtime_ns))
    return sorted(found, key=lambda one: str(one.path))


def read_export(path: Path) -> str:
    """Return the text of an export.

    Raises:
        ExportUnreadable: it cannot be read, is torn or too long.
    """
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as file:
                data = file.read(LONGEST_EXPORT + 1)
        else:
            with path.open("rb") as plain:
                data = plain.read(LONGEST_EXPORT + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ExportUnreadable(f"cannot be read to its end ({type(error).__name__})") from error
    if len(data) > LONGEST_EXPORT:
        raise ExportUnreadable("is longer than 2 GB unpacked, which no export is")
    return data.decode("utf-8", "replace")
