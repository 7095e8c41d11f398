"""What is on the disk once a call has come back."""

from __future__ import annotations

import os
from pathlib import Path


def flush(path: Path) -> None:
    """Return once a file, or which names a folder has, is on the disk. Raises `OSError`."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
