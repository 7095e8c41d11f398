"""dbt as a child that ends with its parent.

A run that is killed would leave dbt behind, writing to the warehouse and keeping its lock from the
next run. This command runs dbt's own and ends as soon as the process that started it is gone.

It also uses what was parsed for one warehouse file for another of the same name.
"""

from __future__ import annotations

import os
import threading
import time

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


def main() -> None:
    """Run dbt with the arguments of this command."""
    # Each of a build's 14,000 events is a line of a file that nobody reads; what fails is printed.
    os.environ.setdefault("DBT_LOG_LEVEL_FILE", "none")
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    _parse_once_for_all_folders()
    from dbt.cli.main import cli

    cli()


if __name__ == "__main__":
    main()
