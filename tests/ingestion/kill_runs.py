"""Loads in processes of their own, to be killed at any moment."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerContext

from ingestion.settings import Settings


def forkserver_of(module: str) -> ForkServerContext:
    """Return a context whose children begin with ``module`` imported: their time is the load's."""
    context = multiprocessing.get_context("forkserver")
    # What dlt imports only when it loads, too.
    late = ["dlt.destinations.impl.duckdb.duck", "dlt.common.libs.pyarrow", "pyarrow.parquet"]
    context.set_forkserver_preload([module, *late])
    first = context.Process(target=time.sleep, args=(0,))
    first.start()
    first.join()
    return context


def run_for(
    context: ForkServerContext,
    load: Callable[[Settings, str], None],
    settings: Settings,
    run_id: str,
    seconds: float | None,
) -> tuple[float, int | None]:
    """Run ``load``, killed after ``seconds``; return its time and exit code."""
    process = context.Process(target=load, args=(settings, run_id))
    begun = time.monotonic()
    process.start()
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
    return time.monotonic() - begun, process.exitcode
