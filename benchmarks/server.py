"""The bulk server, which may render each answer when it is asked: ``python -m benchmarks.server``.

An answer that lies ready takes half a millisecond; no API has its answers ready.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from demo_api.bulk import BulkOrganisation, BulkServer
from ingestion.settings import Settings
from ingestion.windows import today


class RenderingServer(BulkServer):
    """Reads and writes the JSON of each answer anew, as a server does that makes its answers."""

    def _body(self, path: str, query: dict[str, str]) -> tuple[int, bytes]:
        status, body = super()._body(path, query)
        return status, json.dumps(json.loads(body), separators=(",", ":")).encode()


def past_days(count: int) -> list[date]:
    """Return the last ``count`` days that have settled for every report."""
    last = today() - timedelta(days=40)
    return [last - timedelta(days=back) for back in reversed(range(count))]


@contextmanager
def serving(people: int, days: list[date], *, renders: bool = False) -> Iterator[Settings]:
    """Serve an organisation from a process of its own and yield settings that point at it."""
    command = [sys.executable, "-m", "benchmarks.server", f"--people={people}"]
    command += [
        f"--days={len(days)}",
        f"--first-day={days[0]}",
        *(["--renders"] if renders else []),
    ]
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
    parser.add_argument("--renders", action="store_true", help="make each answer when asked")
    asked = parser.parse_args()
    organisation = BulkOrganisation(asked.people, asked.days, asked.first_day)
    with (RenderingServer if asked.renders else BulkServer)(organisation) as server:
        for name, value in server.environment.items():
            print(f"{name}={value}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
