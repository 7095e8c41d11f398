"""What the pipeline stores is its owner's alone: files 0600 in folders 0700."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE_MODE = 0o600
FOLDER_MODE = 0o700


def keep_new_files_private() -> None:
    """Have all that this process and its children create be the owner's alone."""
    os.umask(0o077)


@contextmanager
def new_files_private() -> Iterator[None]:
    """Have what is created meanwhile be the owner's alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def make_folder(path: Path) -> None:
    """Create a folder and the parents it lacks, private; one that is there stays as it is.

    It may be a folder that others share, such as the current one.
    """
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(mode=FOLDER_MODE, exist_ok=True)
    path.chmod(FOLDER_MODE)


def make_private(*files: Path) -> None:
    """Take the rights of others on files away, such as those of an earlier version."""
    for file in files:
        if file.is_file() and not file.is_symlink() and file.stat().st_mode & 0o077:
            file.chmod(FILE_MODE)


def make_tree_private(folder: Path) -> None:
    """Take the rights of others on a folder of ours away, and on all that is in it."""
    if folder.stat().st_mode & 0o077 == 0:
        return
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            path.chmod(FOLDER_MODE)
        else:
            make_private(path)
    # The last, so that a run that is stopped begins again.
    folder.chmod(FOLDER_MODE)
