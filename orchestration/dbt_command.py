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
from collections.abc import Iterable
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


def _read_events_when_they_are_fired() -> None:
    """Make messages of events that are fired, and none of those that are dropped."""
    from dbt_common.events.base_types import BaseEvent

    event: Any = BaseEvent
    make, read, write = event.__init__, event.__getattr__, event.__setattr__

    def made(one: BaseEvent) -> None:
        arguments = one.__dict__.pop("arguments", None)
        if arguments is not None:
            make(one, *arguments[0], **arguments[1])

    def note(self: BaseEvent, *values: Any, **arguments: Any) -> None:
        self.__dict__["arguments"] = values, arguments

    def read_made(self: BaseEvent, key: str) -> Any:
        made(self)
        return self.__dict__["pb_msg"] if key == "pb_msg" else read(self, key)

    def write_made(self: BaseEvent, key: str, value: Any) -> None:
        made(self)
        write(self, key, value)

    event.__init__, event.__getattr__, event.__setattr__ = note, read_made, write_made


def _look_macros_up_in_one_place() -> None:
    """Let a node's 650 macros be one dictionary, and not five that are asked one after the other.

    A node is rendered three times or more, each time with all macros.
    """
    from dbt.context.macros import MacroNamespace

    in_order = MacroNamespace._search_order

    def all_at_once(self: MacroNamespace) -> tuple[dict[str, Any]]:
        if "all_macros" not in self.__dict__:
            found: dict[str, Any] = {}
            for names in reversed(list(in_order(self))):
                found.update(names)
            self.__dict__["all_macros"] = found
        return (self.__dict__["all_macros"],)

    MacroNamespace._search_order = all_at_once  # type: ignore[method-assign]


def _make_readers_of_values_once() -> None:
    """Keep what reads dates and numbers from answers: to make it takes longer than to use it."""
    from dbt_common.clients import agate_helper

    make, kept = agate_helper.build_type_tester, threading.local()

    def build(text_columns: Iterable[str], string_null_values: Any = ("null", "")) -> Any:
        key = (tuple(text_columns), string_null_values and tuple(string_null_values))
        # Of a thread: readers of dates remember where they are.
        readers = kept.__dict__.setdefault("readers", {})
        if key not in readers:
            readers[key] = make(*key)
        return readers[key]

    agate_helper.build_type_tester = build


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
    _read_events_when_they_are_fired()
    _look_macros_up_in_one_place()
    _make_readers_of_values_once()
    from dbt.cli.main import cli

    cli()


if __name__ == "__main__":
    main()
