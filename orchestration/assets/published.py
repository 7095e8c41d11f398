"""The file that readers open."""

import json

import dagster as dg

from ingestion import warehouse
from ingestion.settings import Settings
from orchestration import standing
from orchestration.assets.results import DAILY, OWNERS
from orchestration.assets.transformations import project, transformations
from publishing import Privacy, declared_tables, publish

MARTS = [key for key in transformations.keys if key.path[0] == "marts"]


@dg.asset(
    key=["published", "claude_usage"],
    deps=MARTS,
    group_name="published",
    kinds={"duckdb"},
    owners=OWNERS,
    freshness_policy=DAILY,
    tags={"layer": "published"},
    description="Marts and what was checked, in a file replaced whole when blocking checks pass.",
)
def published_file(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    settings = Settings()
    with warehouse.writing(settings.warehouse_path):
        key = settings.privacy_key
        privacy = Privacy(
            settings.privacy_level,
            key.get_secret_value() if key else None,
            settings.privacy_min_people,
        )
        published = publish(
            settings.warehouse_path,
            settings.publish_path,
            privacy,
            settings.publish_mode,
            declared_tables(json.loads(project.manifest_path.read_text())),
        )
        standing.note_published(settings, context.run.run_id)
    return dg.MaterializeResult(
        metadata={
            "path": dg.MetadataValue.path(str(published.path)),
            "privacy_level": privacy.level,
            "tables": len(published.tables),
            "rows": published.rows,
            "bytes": published.bytes,
        }
    )
