"""The published file's tables as Parquet, for readers that speak no DuckDB."""

import dagster as dg

from exports import snapshot
from exports.published import ExportError
from ingestion.settings import Settings
from orchestration.assets.published import published_file
from orchestration.assets.results import DAILY, OWNERS


@dg.asset(
    key=["published", "parquet"],
    deps=[published_file],
    group_name="published",
    kinds={"duckdb", "parquet"},
    owners=OWNERS,
    freshness_policy=DAILY,
    tags={"layer": "published"},
    description="All tables of the published file as Parquet in EXPORT_PATH, where it is set, and"
    " current.json, which names the files that belong together.",
)
def parquet(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    settings = Settings()
    if settings.export_path is None:
        return dg.MaterializeResult(metadata={"rows": 0})
    try:
        manifest = snapshot.write(settings.publish_path, settings.export_path)
    except (ExportError, OSError) as error:
        # What is published stands; a reader of Parquet must not take the day before for today.
        raise dg.Failure(f"EXPORT_PATH: {error}") from error
    context.log.info("%s is current", manifest["generation"])
    tables = manifest["tables"].values()
    return dg.MaterializeResult(
        metadata={
            "rows": sum(table["rows"] for table in tables),
            "bytes": sum(one["bytes"] for table in tables for one in table["files"]),
            "generation": manifest["generation"],
        }
    )
