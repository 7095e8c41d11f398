"""The dbt project as assets: models, and their tests as asset checks."""

import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
import filelock
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject, dbt_assets
from dagster_dbt.compat import DBT_PYTHON_VERSION

from data_quality import broken_rules, forget_results, import_meanwhile, keep_results
from ingestion import warehouse
from ingestion.settings import Settings
from orchestration import standing
from orchestration.assets.results import DAILY, OWNERS
from orchestration.dbt_tests import ended_tests

PROJECT_FOLDER = Path(__file__).parents[2] / "dbt_project"

# Of a check that failed: which of its rules were broken.
RULES_KEY = "broken_rules"

project = DbtProject(project_dir=PROJECT_FOLDER)


class Dbt(DbtCliResource):
    """dbt, started at once.

    Before each command its base class asks for the version of dbt in a process of its own, and
    opens the warehouse for row counts and columns, which nothing here fetches: four seconds.
    """

    @cached_property
    def _cli_version(self) -> Any:
        return DBT_PYTHON_VERSION

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:  # type: ignore[override]
        del args  # the signature is Dagster's


def dbt_resource() -> Dbt:
    """Return dbt as installed beside this Python, also when its folder is not on the PATH."""
    executable = Path(sys.executable).parent / "claude-usage-dbt"
    return Dbt(project_dir=str(PROJECT_FOLDER), dbt_executable=str(executable))


def _prepare_manifest() -> Path:
    """Parse the project when its manifest is missing or older than its files.

    Under a lock: the UI and the command line may start together.
    """
    PROJECT_FOLDER.joinpath("target").mkdir(exist_ok=True)
    with filelock.FileLock(PROJECT_FOLDER / "target" / "manifest.lock"):
        return _parsed_manifest()


def _parsed_manifest() -> Path:
    manifest = project.manifest_path
    sources = (
        path
        for path in PROJECT_FOLDER.rglob("*")
        if path.suffix in (".sql", ".yml", ".csv", ".md") and "target" not in path.parts
    )
    if not manifest.exists() or manifest.stat().st_mtime < max(p.stat().st_mtime for p in sources):
        parsing = dbt_resource().cli(["parse", "--quiet"], target_path=project.target_path)
        parsing.wait()
    return manifest


def semantic_manifest() -> str:
    """Return what dbt writes of semantic models and metrics when it parses the project."""
    return project.manifest_path.with_name("semantic_manifest.json").read_text()


class Translator(DagsterDbtTranslator):
    """Groups by layer, so that the lineage reads from left to right."""

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        layer = spec.key.path[0]
        return spec.replace_attributes(
            group_name=layer,
            owners=OWNERS,
            tags={**spec.tags, "layer": layer},
            freshness_policy=DAILY if layer == "marts" else None,
        )


@dbt_assets(
    manifest=_prepare_manifest(),
    project=project,
    name="transformations",
    dagster_dbt_translator=Translator(),
)
def transformations(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
    settings = Settings()
    path, seeds = settings.warehouse_path.resolve(), settings.seeds_folder
    made = standing.made_with(settings)
    variables = {
        "WAREHOUSE_PATH": str(path),
        "SEEDS_PATH": str(seeds or ""),
        # Nobody reads what dbt writes of a run.
        "DBT_WRITE_JSON": "false",
    }
    with warehouse.writing(path), _environment(**variables):
        with warehouse.connect(path) as connection:
            warehouse.prepare(connection)
        forget_results(path)
        # Unit tests are about the code, not the data: they belong to the test suite.
        arguments = ["build", "--exclude-resource-type", "unit_test"]
        # A folder of its own that goes with the run. Where a run fails for another reason dbt may
        # still write there: not the error to report.
        with tempfile.TemporaryDirectory(
            prefix="claude-usage-dbt-", ignore_cleanup_errors=True
        ) as target:
            run = dbt.cli(
                arguments, context=context, target_path=Path(target), raise_on_error=False
            )
            # For the checks that follow: dbt leaves this process little to do.
            import_meanwhile()
            events: list[Any] = []
            yield from _with_broken_rules(_noted(run.stream(), events), path)
        manifest = json.loads(project.manifest_path.read_text())
        keep_results(path, "dbt", ended_tests(events, manifest))
        if error := run.get_error():
            raise error
        # Of a job as a whole; who chooses assets may leave out tables or checks.
        if not (context.run.asset_selection or context.run.asset_check_selection):
            standing.note_built(settings, made, context.run.run_id)


def _noted(events: Iterable[Any], into: list[Any]) -> Iterator[Any]:
    for event in events:
        into.append(event)
        yield event


def _with_broken_rules(events: Iterable[Any], path: Path) -> Iterator[Any]:
    """Yield what dbt tells, at the end the tests that failed, with the rules that were broken."""
    failed: list[dg.AssetCheckResult] = []
    for event in events:
        if isinstance(event, dg.AssetCheckResult) and not event.passed:
            failed.append(event)
        else:
            yield event
    rules = broken_rules(path) if failed else {}
    for one in failed:
        details = {RULES_KEY: "; ".join(rules[one.check_name])} if one.check_name in rules else {}
        yield dg.AssetCheckResult(
            passed=one.passed,
            asset_key=one.asset_key,
            check_name=one.check_name,
            severity=one.severity,
            metadata={**details, **one.metadata},
            description=one.description,
        )


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    """Set environment variables for the dbt process: its profile reads them."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
