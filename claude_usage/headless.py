"""Run Dagster jobs in this process and say in lines what failed."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claude_usage.console import progress
from claude_usage.disk import plain_text
from ingestion.private_files import make_folder, make_tree_private
from ingestion.secrets import mask
from ingestion.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

PID_TAG = "claude_usage/pid"
DBT_FAILED = "The dbt CLI process"
# What a check that does not hold says of itself.
COUNTED = ("broken_rules", "rows_failing", "rows_looked_at", "dagster_dbt/failed_row_count")


@dataclass
class Outcome:
    """How a job ended: ``failures`` has one line each, ``warnings`` too."""

    success: bool
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def dagster_home(settings: Settings) -> Path:
    """Return the folder of Dagster's history, shared by the command line and the UI."""
    home = os.environ.get("DAGSTER_HOME")
    folder = Path(home).resolve() if home else settings.warehouse_path.resolve().parent / "dagster"
    make_folder(folder)
    if not home:
        # An earlier version let others read it.
        make_tree_private(folder)
    configuration = folder / "dagster.yaml"
    if not configuration.exists():
        import orchestration

        packaged = Path(orchestration.__file__).parent / "instance" / "dagster.yaml"
        shutil.copyfile(packaged, configuration)
    os.environ["DAGSTER_HOME"] = str(folder)
    return folder


@contextmanager
def opened(settings: Settings) -> Iterator[Headless]:
    """Open Dagster's history and definitions for some runs in this process."""
    home = dagster_home(settings)
    with (home / "last_run.log").open("w") as log, redirect_stdout(log):
        with progress("starting"), _without_collector():
            import dagster as dg

            from orchestration.definitions import defs
        with dg.DagsterInstance.get() as instance:
            end_dead_runs(instance)
            yield Headless(instance, defs)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Import without searching again and again, for a second, what stays to the end."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()


class Headless:
    """Runs jobs of the code location one after the other."""

    def __init__(self, instance: dg.DagsterInstance, defs: dg.Definitions) -> None:
        self.instance = instance
        self.defs = defs

    def run(
        self,
        job: str,
        title: str,
        *,
        tags: Mapping[str, str] | None = None,
        config: Mapping[str, Any] | None = None,
        selection: Sequence[dg.AssetKey] | None = None,
    ) -> Outcome:
        """Run a job to its end; its console output goes to the log file beside the history."""
        with progress(title):
            result = self.defs.resolve_job_def(job).execute_in_process(
                instance=self.instance,
                raise_on_error=False,
                tags={**(tags or {}), PID_TAG: str(os.getpid())},
                run_config={
                    **(config or {}),
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                },
                asset_selection=selection,
            )
        return _outcome(result)


def _outcome(result: dg.ExecuteInProcessResult) -> Outcome:
    outcome = Outcome(result.success)
    for evaluation in result.get_asset_check_evaluations():
        if not evaluation.passed:
            name = f"{evaluation.asset_key.to_user_string()}: {evaluation.check_name}"
            numbers = _numbers(evaluation)
            is_error = evaluation.severity.name == "ERROR"
            (outcome.failures if is_error else outcome.warnings).append(
                f"check {name} does not hold{numbers}"
            )
    for event in result.all_events:
        if event.is_step_materialization:
            outcome.warnings += _warning_lines(event, outcome.warnings)
        if event.is_step_failure:
            lines = _failure_lines(event)
            # That dbt failed is no news beside the tests that did.
            is_echo = outcome.failures and DBT_FAILED in " ".join(lines)
            outcome.failures += [] if is_echo else lines
    # Each load of a job finds out for itself that a host cannot be reached.
    outcome.failures = list(dict.fromkeys(outcome.failures))
    if not outcome.success and not outcome.failures:
        outcome.failures.append(f"run {result.run_id} failed: see last_run.log beside its history")
    if outcome.failures:
        outcome.success = False
    return outcome


def _numbers(evaluation: dg.AssetCheckEvaluation) -> str:
    shown = [
        f"{name} {evaluation.metadata[name].value}"
        for name in COUNTED
        if name in evaluation.metadata
    ]
    return f" ({', '.join(shown)})" if shown else ""


def _warning_lines(event: dg.DagsterEvent, known: Sequence[str]) -> list[str]:
    """Return what a load says of its tables beside that it stored them, each line once."""
    metadata = event.step_materialization_data.materialization.metadata
    if "warnings" not in metadata:
        return []
    return [str(line) for line in metadata["warnings"].value if line not in known]  # type: ignore[union-attr]


def _failure_lines(event: dg.DagsterEvent) -> list[str]:
    data = event.step_failure_data
    metadata = data.user_failure_data.metadata if data.user_failure_data else {}
    if "failures" in metadata:
        return [str(line) for line in metadata["failures"].value]  # type: ignore[union-attr]
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    message = error.message if error else "no message"
    plain = plain_text(message)
    if plain is not None:
        return [f"{event.step_key}: {plain}"]
    # dbt's own words come after a long command line.
    _, _, details = message.partition("Errors parsed from dbt logs:")
    # A database's message can quote the value it stumbled over.
    return [f"{event.step_key}: {mask(f'{DBT_FAILED}: {details}' if details.strip() else message)}"]


def end_dead_runs(instance: dg.DagsterInstance, *, untagged: bool = False) -> None:
    """Mark runs as failed whose process was killed: they would hold up the queue for ever."""
    import dagster as dg

    under_way = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED])
    for run in instance.get_runs(under_way):
        pid = run.tags.get(PID_TAG)
        if (pid is None and untagged) or (pid is not None and not _is_alive(int(pid))):
            instance.report_run_failed(run, "its process has ended without a word")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
