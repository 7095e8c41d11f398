"""Vega's script, out of the library that carries it; made once and kept beside other caches."""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from pathlib import Path

VERSION = version("vl-convert-python")


def begin() -> None:
    """Make the script in the background, so that the first page does not wait for it."""
    _making()


def script() -> str:
    """Return the script, when it is there."""
    return _making().result()


@cache
def _making() -> Future[str]:
    with_one = ThreadPoolExecutor(1, thread_name_prefix="vega")
    made = with_one.submit(_script)
    with_one.shutdown(wait=False)
    return made


def _script() -> str:
    kept = _folder() / f"vega-{VERSION}.js"
    try:
        return kept.read_text(encoding="utf-8")
    except OSError:
        pass
    import vl_convert

    made: str = vl_convert.javascript_bundle()  # type: ignore[call-arg]
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
