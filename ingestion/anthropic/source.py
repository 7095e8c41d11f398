"""Anthropic as a source: reports by day and directories, of a Console and an Enterprise."""

from __future__ import annotations

from ingestion import raw
from ingestion.anthropic.endpoints import DIRECTORIES, ORGANIZATIONS, REPORTS, SOURCE
from ingestion.anthropic.keys import configured
from ingestion.source import Source

ANTHROPIC = Source(
    name=SOURCE,
    description="Answers of the Anthropic Admin API as they came, one row per page or per daily"
    " bucket, and the ledger of what is complete. `body` is the JSON text of the answer; unknown"
    " fields stay in it. A window comes back whole: an empty answer replaces what was there.",
    tables=(*(one.table for one in REPORTS), *(one.table for one in DIRECTORIES)),
    kept=(
        raw.KEPT_LEDGER,
        raw.KEPT_ENTITY_VERSIONS,
        raw.KEPT_RECORD_REVISIONS,
        raw.KEPT_DUPLICATE_ROWS,
    ),
    reports=REPORTS,
    organizations=ORGANIZATIONS,
    configured=configured,
)
