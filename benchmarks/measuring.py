"""Work in processes of its own, so that no run warms up or fattens another; medians of runs."""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

_PROCESSES = multiprocessing.get_context("spawn")


@dataclass
class Clock:
    """Seconds of the named parts of one run."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def time(self, part: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[part] = self.seconds.get(part, 0.0) + time.perf_counter() - began


@dataclass(frozen=True)
class Run:
    """What one run took: its parts in seconds, and the peak memory of its process in MB."""

    seconds: dict[str, float]
    peak_megabytes: float

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


def in_process(work: Callable[..., dict[str, float]], *arguments: Any) -> Run:
    """Call ``work``, which returns the seconds of its parts, in a new process.

    Raises:
        RuntimeError: the process ended without a result.
    """
    ours, theirs = _PROCESSES.Pipe(duplex=False)
    process = _PROCESSES.Process(target=_report, args=(theirs, work, arguments))
    process.start()
    theirs.close()
    try:
        run: Run = ours.recv()
    except EOFError:
        raise RuntimeError(f"{work.__name__} ended without a result") from None
    finally:
        process.join()
    return run


def _report(
    result: Connection, work: Callable[..., dict[str, float]], arguments: Sequence[Any]
) -> None:
    seconds = work(*arguments)
    result.send(Run(seconds, _peak_megabytes()))


def _peak_megabytes() -> float:
    # The kernel's count of resources starts a process with the peak of the one that began it.
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1024**2


def median_of(runs: Sequence[Run], *parts: str) -> float:
    """Return the median seconds of the named parts together, or of all parts."""
    return statistics.median(
        sum(run.seconds[part] for part in parts) if parts else run.total for run in runs
    )


def ratio(ours: Sequence[Run], theirs: Sequence[Run], *parts: str) -> float:
    """Return the median of the ratios of runs that were made one after the other."""
    return statistics.median(
        median_of([one], *parts) / other.total for one, other in zip(ours, theirs, strict=True)
    )


def highest_peak(runs: Sequence[Run]) -> float:
    """Return the highest peak memory in MB."""
    return max(run.peak_megabytes for run in runs)
