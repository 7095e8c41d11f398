"""The staging models of the Claude Code report, run by dbt as a run of the pipeline runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "dbt_project"
MODELS = (
    "stg_anthropic__claude_code_records",
    "stg_anthropic__claude_code_model_usage",
    "stg_anthropic__claude_code_tool_actions",
)


def stage(warehouse: Path) -> dict[str, float]:
    """Build the models of ``warehouse``; return seconds of `staging` and of dbt's `start`.

    `staging` is from the first model's beginning to the last one's end, compiling included; `start`
    is the rest of dbt's process: imports, parsing, opening the file.

    Raises:
        RuntimeError: dbt failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "orchestration.dbt_command", "run", "--quiet"]
        command += ["--select", *MODELS, "--project-dir", str(PROJECT)]
        command += ["--profiles-dir", str(PROJECT), "--target-path", folder, "--log-path", folder]
        began = time.perf_counter()
        done = subprocess.run(
            command,
            env={**os.environ, "WAREHOUSE_PATH": str(warehouse)},
            capture_output=True,
            text=True,
        )
        seconds = time.perf_counter() - began
        if done.returncode:
            raise RuntimeError(f"dbt failed: {done.stdout[-2000:]}")
        results = json.loads((Path(folder) / "run_results.json").read_text())["results"]
    steps = [step for result in results for step in result["timing"]]
    first = min(datetime.fromisoformat(step["started_at"]) for step in steps)
    last = max(datetime.fromisoformat(step["completed_at"]) for step in steps)
    staging = (last - first).total_seconds()
    return {"staging": staging, "start": seconds - staging}
