"""dbt as a child that ends with its parent.

A run that is killed would leave dbt behind, writing to the warehouse and keeping its lock from the
next run. This command runs dbt's own and ends as soon as the process that started it is gone.
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


def main() -> None:
    """Run dbt with the arguments of this command."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    from dbt.cli.main import cli

    cli()


if __name__ == "__main__":
    main()
