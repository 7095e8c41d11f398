"""dbt as a child that ends with its parent.

A run that is killed would leave dbt behind, writing to the warehouse and keeping its lock from the
next run. This command runs dbt's own and ends as soon as the process that started it is gone.

It also uses what was parsed for one warehouse file for another of the same name, and makes no lines
of events that nobody is to read.
"""

from __future__ import annotations

import atexit
import gc
import os
import threading
import time
from typing import Any

SECONDS_BETWEEN_LOOKS = 0.2


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(SECONDS_BETWEEN_LOOKS)
    # At once and without clean-up: DuckDB recovers as after any crash.
    os._exit(1)


def _parse_once_for_all_folders() -> None:
    """Keep the folder of the warehouse out of what dbt compares before it parses all files anew.

    What it parses holds the database's name, which is still compared, and no folder.
    """
    from dbt.adapters.duckdb.credentials import DuckDBCredentials

    compared = DuckDBCredentials._connection_keys

    def without_path(self: DuckDBCredentials) -> tuple[str, ...]:
        return tuple(key for key in compared(self) if key != "path")  # type: ignore[no-untyped-call]

    DuckDBCredentials._connection_keys = without_path  # type: ignore[method-assign]


def _fire_no_debug_events_in_vain() -> None:
    """Drop debug events that no log is to have before dbt writes each out as JSON.

    A build has 15,000 of them, which take a quarter of its time.
    """
    from dbt_common.events.base_types import EventLevel
    from dbt_common.events.event_manager import EventManager

    fire = EventManager.fire_event

    def fire_unless_in_vain(
        self: EventManager, e: Any, level: EventLevel | None = None, *rest: Any, **options: Any
    ) -> None:
        is_debug = (level or e.level_tag()) == EventLevel.DEBUG
        if not is_debug or any(log.level == EventLevel.DEBUG for log in self.loggers):
            fire(self, e, level, *rest, **options)

    EventManager.fire_event = fire_unless_in_vain  # type: ignore[method-assign]


def main() -> None:
    """Run dbt with the arguments of this command."""
    # What dbt parses stays to the end: to search it, again and at the end, takes two seconds.
    gc.set_threshold(200_000, 50, 100)
    atexit.register(gc.freeze)
    # Nobody reads dbt's log file, which goes with the run; what fails is printed.
    os.environ.setdefault("DBT_LOG_LEVEL_FILE", "none")
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    _parse_once_for_all_folders()
    _fire_no_debug_events_in_vain()
    from dbt.cli.main import cli

    cli()


if __name__ == "__main__":
    main()
