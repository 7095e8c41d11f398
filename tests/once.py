"""What takes minutes to make is made once for all workers; who uses it has a copy."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that ``make`` has filled once for all workers: to copy, not to change.

    A worker that comes while another makes it waits for it. Where that one failed it tries anew.
    """
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        # A worker has a folder of its own in that of the whole run.
        root = root.parent
    with FileLock(root / f"{name}.lock"):
        if not (root / f"{name}.is-made").exists():
            folder = factory.mktemp(f"making_{name}")
            make(folder)
            (root / f"{name}.is-made").write_text(str(folder))
    return Path((root / f"{name}.is-made").read_text())
