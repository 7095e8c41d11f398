"""Bytes of transcripts as Arrow tables of lines, whatever is wrong with them.

No line is looked at one by one but where bytes are damaged: newlines are found in whole pieces, and
a piece becomes the lines of a table without being copied.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

PIECE = 16_000_000
# A line that is longer is left out, and counted.
LONGEST_LINE = 256_000_000
_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass
class Damage:
    """Lines of one file in which something was wrong with the bytes."""

    not_utf8: int = 0
    with_nul: int = 0
    too_long: int = 0
    # Whether the file ends within a line, which is read once it is whole.
    torn_end: int = 0


@dataclass(frozen=True)
class Piece:
    """Lines of a file in order, without their ends; ``end`` is how far the file is read now."""

    lines: pa.Array
    byte_count: int
    end: int


def read_lines(path: Path, start: int, size: int, damage: Damage) -> Iterator[Piece]:
    """Yield the lines of a file from byte ``start`` up to ``size``, in pieces; note ``damage``.

    A last line without an end is handed on when it is whole JSON, else left for the next time.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        if start == 0 and file.read(2) in _BOMS:
            yield from _of_other_encoding(file, size, damage)
            return
        file.seek(start)
        yield from _in_pieces(file, start, size, damage)


def _in_pieces(file: BinaryIO, start: int, size: int, damage: Damage) -> Iterator[Piece]:
    end, rest, is_skipping = start, b"", False
    position = start
    while position < size:
        read = file.read(min(PIECE, size - position))
        if not read:
            break
        position += len(read)
        cut = read.rfind(b"\n") + 1
        if not cut:
            rest += read
            if len(rest) > LONGEST_LINE:
                damage.too_long += 0 if is_skipping else 1
                is_skipping, rest = True, b""
            continue
        whole, rest = rest + read[:cut], read[cut:]
        if is_skipping:
            whole, is_skipping = whole[whole.find(b"\n") + 1 :], False
        end = position - len(rest)
        yield _piece(whole, end, damage, is_first=end - len(whole) == 0)
    if is_skipping or not rest.strip(b" \t\r\0"):
        return
    if _is_whole(rest):
        yield _piece(rest + b"\n", position, damage, is_first=position == len(rest))
    else:
        damage.torn_end = 1


def _is_whole(line: bytes) -> bool:
    try:
        json.loads(line.replace(b"\0", b"").decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return False
    return True


def _of_other_encoding(file: BinaryIO, size: int, damage: Damage) -> Iterator[Piece]:
    """Yield a file of UTF-16, which is read from its beginning each time it has changed."""
    file.seek(0)
    text = file.read(size).decode("utf-16", "replace")
    damage.not_utf8 += text.count("\n") + (not text.endswith("\n"))
    # Not `splitlines`: it takes other characters for line ends.
    yield _piece(text.encode("utf-8", "replace") + b"\n", 0, Damage(), is_first=False)


def _piece(whole: bytes, end: int, damage: Damage, *, is_first: bool) -> Piece:
    if is_first and whole.startswith(codecs.BOM_UTF8):
        whole = whole[len(codecs.BOM_UTF8) :]
    byte_count = len(whole)
    if b"\0" in whole:
        damage.with_nul += sum(b"\0" in line for line in whole.split(b"\n"))
        whole = whole.replace(b"\0", b"")
    lines = _as_array(whole)
    try:
        lines.validate(full=True)
    except pa.ArrowInvalid:
        damage.not_utf8 += sum(not _is_utf8(line) for line in whole.split(b"\n"))
        lines = _as_array(whole.decode("utf-8", "replace").encode())
    return Piece(lines, byte_count, end)


def _as_array(whole: bytes) -> pa.Array:
    """Return the lines of ``whole``, which ends with a newline; each but the first begins with it.

    White space around JSON is no matter.
    """
    newlines = np.flatnonzero(np.frombuffer(whole, np.uint8) == ord("\n")).astype(np.int64)
    offsets = np.concatenate([np.zeros(1, np.int64), newlines])
    return pa.LargeStringArray.from_buffers(
        len(newlines), pa.py_buffer(offsets), pa.py_buffer(whole)
    )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
