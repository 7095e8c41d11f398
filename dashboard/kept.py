"""Texts that take long to make: made once, and kept in the user's cache."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path


def text(name: str, make: Callable[[], str]) -> str:
    """Return the text of a name, which says all that the text depends on."""
    kept = _folder() / name
    try:
        return kept.read_text(encoding="utf-8")
    except OSError:
        made = make()
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        beside = kept.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        beside.write_text(made, encoding="utf-8")
        beside.replace(kept)
    except OSError:
        # Made anew each time where nothing can be kept.
        pass
    return made


def _folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "claude-usage"
