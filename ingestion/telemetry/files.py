"""Files of telemetry, line by line: the receiver's own, and those of a collector's file exporter.

A line that cannot be read costs itself alone and is counted.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO, BinaryIO

import pyarrow as pa

from ingestion.telemetry import otlp, rows
from ingestion.telemetry.drop_folder import OPEN, ROWS
from ingestion.telemetry.projection import Counts, Projector

ENDINGS = (".jsonl", ".json", ".jsonl.gz", ".json.gz", ".jsonl.zst", ".json.zst", ROWS + OPEN)
_BLOCK = 4 << 20
# Longer ones are no messages: senders and collectors limit theirs to a few megabytes.
LONGEST_LINE = 64 << 20
_ZSTD = b"\x28\xb5\x2f\xfd"
_BOM = b"\xef\xbb\xbf"


@dataclass
class FileCounts:
    """What a file had. ``repaired`` lines had bytes that are no UTF-8; the rest of them counts."""

    lines: int = 0
    unreadable: int = 0
    repaired: int = 0
    records: Counts = field(default_factory=Counts)


def found(folder: Path) -> list[Path]:
    """Return the files below a folder that may hold telemetry."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.name.endswith(ENDINGS) and not path.name.startswith(".") and path.is_file()
    )


def file_key(folder: Path, path: Path) -> str:
    """Return what stands for a file's name, which is the same before and after it is closed."""
    name = str(path.relative_to(folder)).removesuffix(OPEN)
    return sha256(name.encode(errors="surrogateescape")).hexdigest()[:32]


def read(path: Path, projector: Projector, out: BinaryIO) -> FileCounts:
    """Write what may be kept of a file to ``out`` as rows; return what it had."""
    counts = FileCounts()
    if path.name.endswith((ROWS, ROWS + OPEN)):
        _copy_rows(path, out, counts)
        return counts
    try:
        for line in _lines(path):
            if line.strip():
                counts.lines += 1
                out.write(rows.encoded(_rows(line, projector, counts)))
    except (OSError, EOFError, pa.ArrowException):
        # What is compressed ends early, or is not: what was read before that counts.
        counts.unreadable += 1
    return counts


def _rows(line: bytes, projector: Projector, counts: FileCounts) -> list[rows.Row]:
    try:
        try:
            records = otlp.from_json(line)
        except otlp.UnreadableMessage:
            records = otlp.from_json(_repaired(line))
            counts.repaired += 1
    except otlp.UnreadableMessage:
        counts.unreadable += 1
        return []
    return projector.rows(records, counts.records)


def _repaired(line: bytes) -> bytes:
    try:
        line.decode()
    except UnicodeDecodeError:
        return line.decode(errors="replace").encode()
    raise otlp.UnreadableMessage("its bytes are right, what they say is not")


def _copy_rows(path: Path, out: BinaryIO, counts: FileCounts) -> None:
    with path.open("rb") as file:
        for line in file:
            is_being_written = not line.endswith(b"\n") and path.name.endswith(OPEN)
            if is_being_written:
                continue
            counts.lines += 1
            if line.endswith(b"\n") and rows.is_row(line):
                counts.records.records += 1
                out.write(line)
            else:
                counts.unreadable += 1


def _lines(path: Path) -> Iterator[bytes]:
    """Yield lines without their ends; one that is too long comes as an empty object's torn half."""
    if path.name.endswith(".zst") and _is_framed(path):
        yield from _framed(path)
        return
    with _opened(path) as file:
        rest, is_skipping = b"", False
        is_first = True
        while block := file.read(_BLOCK):
            if is_first:
                block, is_first = block.removeprefix(_BOM), False
            *whole, rest = (rest + block).split(b"\n")
            if is_skipping and whole:
                whole, is_skipping = whole[1:], False
            yield from whole
            if is_skipping:
                rest = b""
            elif len(rest) > LONGEST_LINE:
                yield b"{"
                rest, is_skipping = b"", True
        if rest and not is_skipping:
            yield rest


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    compression = {".gz": "gzip", ".zst": "zstd"}.get(path.suffix)
    with pa.OSFile(str(path)) as file:
        if compression is None:
            yield file
            return
        with pa.CompressedInputStream(file, compression) as stream:
            yield stream


def _is_framed(path: Path) -> bool:
    """Return whether a file is what a collector compresses: a length before each message."""
    with path.open("rb") as file:
        return file.read(8)[4:] == _ZSTD


def _framed(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while len(header := file.read(4)) == 4:
            (length,) = struct.unpack(">I", header)
            frame = file.read(min(length, LONGEST_LINE))
            if len(frame) < length:
                raise EOFError
            with pa.CompressedInputStream(pa.BufferReader(frame), "zstd") as stream:
                message = stream.read(LONGEST_LINE + 1)
            yield message if len(message) <= LONGEST_LINE else b"{"
