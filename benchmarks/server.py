"""The bulk server with a wait before each answer: ``python -m benchmarks.server --wait 0.02``.

A loopback server that has its answers ready takes half a millisecond; no API does.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from starlette.types import Receive, Scope, Send

from demo_api.bulk import BulkOrganisation, BulkServer
from ingestion.settings import Settings
from ingestion.windows import today


class WaitingServer(BulkServer):
    """Answers after ``wait`` seconds."""

    def __init__(self, organisation: BulkOrganisation, *, wait: float) -> None:
        super().__init__(organisation)
        self._wait = wait

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(self._wait)
        await super()._answer(scope, receive, send)


def past_days(count: int) -> list[date]:
    """Return the last ``count`` days that have settled for every report."""
    last = today() - timedelta(days=40)
    return [last - timedelta(days=back) for back in reversed(range(count))]


@contextmanager
def serving(people: int, days: list[date], *, wait: float = 0.0) -> Iterator[Settings]:
    """Serve an organisation from a process of its own and yield settings that point at it."""
    command = [sys.executable, "-m", "benchmarks.server", f"--people={people}", f"--wait={wait}"]
    command += [f"--days={len(days)}", f"--first-day={days[0]}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(2)]
            found = dict(re.findall(r"([A-Z_]+)=(\S+)", "".join(lines)))
            if process.poll() is not None or len(found) < 2:
                raise RuntimeError("the server did not start")
            yield Settings(**{name.lower(): value for name, value in found.items()})
        finally:
            process.terminate()


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.server", description=__doc__)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--first-day", type=date.fromisoformat, default=past_days(365)[0])
    parser.add_argument("--wait", type=float, default=0.0, help="seconds before each answer")
    asked = parser.parse_args()
    organisation = BulkOrganisation(asked.people, asked.days, asked.first_day)
    with WaitingServer(organisation, wait=asked.wait) as server:
        for name, value in server.environment.items():
            print(f"{name}={value}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
