"""The Great Expectations suites as asset checks of the marts."""

from collections.abc import Iterator

import dagster as dg

from data_quality import all_checks, keep_results, kept, run_suites
from ingestion import warehouse
from ingestion.settings import Settings
from orchestration import standing

SEVERITIES = {"error": dg.AssetCheckSeverity.ERROR, "warn": dg.AssetCheckSeverity.WARN}


def _specs() -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            name=check.name,
            asset=dg.AssetKey(["marts", check.table]),
            description=check.description,
            blocking=check.blocking,
        )
        for check in all_checks()
    ]


@dg.multi_asset_check(name="great_expectations", specs=_specs())
def great_expectations(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    settings = Settings()
    path = settings.warehouse_path
    with warehouse.writing(path), standing.noted_anew(settings, context.run.run_id):
        results = run_suites(path, sums_path=path.with_suffix(".sums.duckdb"))
        keep_results(path, "great_expectations", kept(results))
    for result in results:
        yield dg.AssetCheckResult(
            check_name=result.name,
            asset_key=dg.AssetKey(["marts", result.table]),
            passed=result.passed,
            severity=SEVERITIES[result.severity],
            metadata=dict(result.metadata),
        )
