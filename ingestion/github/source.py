"""GitHub as a source: repositories, read from where the last load ended."""

from __future__ import annotations

from ingestion import raw
from ingestion.github.tables import SOURCE, TABLES
from ingestion.settings import Settings
from ingestion.source import Source


def _configured(settings: Settings) -> list[str]:
    return [SOURCE] if settings.has_github else []


GITHUB = Source(
    name=SOURCE,
    description="Nodes of the GitHub GraphQL API as they came, and the ledger of what is complete.",
    tables=TABLES,
    kept=(
        raw.KEPT_LEDGER,
        raw.KEPT_ENTITY_VERSIONS,
        raw.KEPT_UNREAD_ITEMS,
        raw.KEPT_DUPLICATE_ROWS,
    ),
    configured=_configured,
)
