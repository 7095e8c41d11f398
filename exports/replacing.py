"""A file that readers see as it was or as it is, and never by half."""

from __future__ import annotations

import os
from pathlib import Path


def replace(path: Path, body: bytes, mode: int) -> None:
    """Write a file with its mode and put it in the place of another; folders that lack are made.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # A hidden name, which no collector of `*.prom` reads.
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(body)
        beside.chmod(mode)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
