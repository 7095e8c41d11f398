"""Vega's script, out of the library that carries it; made once and kept beside other caches."""

from __future__ import annotations

import gzip
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from importlib.metadata import version

from dashboard import kept

VERSION = version("vl-convert-python")


def begin() -> None:
    """Make the script in the background, so that the first page does not wait for it."""
    _making()


def packed() -> bytes:
    """Return the script as gzip, when it is there."""
    return _making().result()


@cache
def _making() -> Future[bytes]:
    with_one = ThreadPoolExecutor(1, thread_name_prefix="vega")
    made = with_one.submit(_packed)
    with_one.shutdown(wait=False)
    return made


def _packed() -> bytes:
    # Once for all browsers: it takes as long as a page.
    return gzip.compress(kept.text(f"vega-{VERSION}.js", _made).encode(), 6)


def _made() -> str:
    import vl_convert

    made: str = vl_convert.javascript_bundle()  # type: ignore[call-arg]
    return made
