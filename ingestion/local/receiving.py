"""Exports that machines send to `claude-usage otlp-serve`: kept as files of the source's folder.

What is no field of an export, or not of its form, is left out before it is on the disk: whoever
sends something else leaves none of it.
"""

from __future__ import annotations

import gzip
import os
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ingestion.flushing import flush
from ingestion.local.rows import MODEL, NUMBERS, TEXTS
from ingestion.private_files import FILE_MODE

_WORD = re.compile(r"[A-Za-z0-9_.:=+-]{1,128}")
_MODEL = re.compile(MODEL)


class UnreadableExport(Exception):
    """What was sent is no export; no content is in the message."""


class ExportFolder:
    """The folder of LOCAL_EXPORTS_PATH, which is there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, lines: bytes) -> None:
        """Return once ``lines`` are on the disk as a file of their own, under its last name.

        Raises:
            OSError: they are not.
        """
        name = f"sent-{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}.jsonl.gz"
        temporary = self._folder / f".{name}.tmp"
        try:
            with temporary.open("xb") as file:
                file.write(gzip.compress(lines, mtime=0))
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(FILE_MODE)
            temporary.replace(self._folder / name)
            flush(self._folder)
        finally:
            temporary.unlink(missing_ok=True)


def projected(body: bytes) -> bytes:
    """Return the lines of an export with the fields that exports have, each of its form.

    Raises:
        UnreadableExport: a line is no JSON object.
    """
    try:
        records = msgspec.json.Decoder(dict[str, object]).decode_lines(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableExport("a line is no JSON object") from error
    return msgspec.json.Encoder().encode_lines([_whitelisted(record) for record in records])


def _whitelisted(record: dict[str, object]) -> dict[str, object]:
    return {
        name: value
        for name, value in record.items()
        if (name in NUMBERS and isinstance(value, int | float))
        or (name in TEXTS and _is_of_its_form(name, value))
    }


def _is_of_its_form(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return True
    form = _MODEL if name == "model" else _WORD
    return isinstance(value, str) and form.fullmatch(value) is not None
