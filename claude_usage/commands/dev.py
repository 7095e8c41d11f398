"""`claude-usage dev`: the Dagster UI on loopback."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

from claude_usage.console import say
from claude_usage.headless import dagster_home, end_dead_runs
from ingestion.settings import Settings

# Dagster recommends another tool for developing; it is no news to those who use this one.
SUPERSEDED = "ignore:Function `dev_command` is superseded"
WORKSPACE = Path(__file__).parents[2] / "workspace.yaml"


def dev(settings: Settings, port: int) -> NoReturn:
    """Serve until interrupted, in the place of this process: signals reach the server itself."""
    dagster_home(settings)
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        # No daemon serves this history yet, so what looks as if it were running is not.
        end_dead_runs(instance, untagged=True)
    say(f"Dagster UI: http://127.0.0.1:{port} (stop with Ctrl-C)")
    command = [sys.executable, "-W", SUPERSEDED, "-m", "dagster", "dev", "-w", str(WORKSPACE)]
    os.execv(sys.executable, [*command, "-h", "127.0.0.1", "-p", str(port)])
