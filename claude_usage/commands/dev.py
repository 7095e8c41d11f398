"""`claude-usage dev`: the Dagster UI on loopback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from claude_usage.console import say
from claude_usage.headless import dagster_home, end_dead_runs
from ingestion.settings import Settings

# Dagster recommends another tool for developing; it is no news to those who use this one.
SUPERSEDED = "ignore:Function `dev_command` is superseded"
WORKSPACE = Path(__file__).parents[2] / "workspace.yaml"


def dev(settings: Settings, port: int, *, stays: bool = False) -> int:
    """Serve until interrupted; return the exit code of Dagster.

    In the place of this process, so that signals reach the server itself, unless this process
    ``stays`` because it has servers of its own.
    """
    dagster_home(settings)
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        # No daemon serves this history yet, so what looks as if it were running is not.
        end_dead_runs(instance, untagged=True)
    say(f"Dagster UI: http://127.0.0.1:{port} (stop with Ctrl-C)")
    command = [sys.executable, "-W", SUPERSEDED, "-m", "dagster", "dev", "-w", str(WORKSPACE)]
    command += ["-h", "127.0.0.1", "-p", str(port)]
    if not stays:
        os.execv(sys.executable, command)
    return _wait_for(command)


def _wait_for(command: list[str]) -> int:
    with subprocess.Popen(command) as ui:
        signal.signal(signal.SIGTERM, lambda *_: ui.terminate())
        while True:
            try:
                return ui.wait()
            except KeyboardInterrupt:
                # The terminal has sent it to the UI too, which ends by it.
                continue
