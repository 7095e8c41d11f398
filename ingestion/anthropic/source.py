"""Anthropic as a source: reports by day and directories, of a Console and an Enterprise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingestion import raw
from ingestion.anthropic.endpoints import DIRECTORIES, REPORTS
from ingestion.anthropic.keys import check_settings, configured, key_faults
from ingestion.anthropic.kinds import ORGANIZATIONS, SOURCE
from ingestion.settings import Settings
from ingestion.source import Finding, Source, Wanted

if TYPE_CHECKING:
    from ingestion.loading import LoadReport


def _findings(settings: Settings) -> Iterator[Finding]:
    from ingestion.anthropic.capabilities import findings

    yield from findings(settings)


def _load(settings: Settings, wanted: Wanted) -> LoadReport:
    from ingestion.anthropic.load import load_anthropic

    return load_anthropic(
        settings,
        run_id=wanted.run_id,
        report_days=wanted.days,
        directories=wanted.directories,
        on_progress=wanted.on_progress,
    )


ANTHROPIC = Source(
    name=SOURCE,
    description="Answers of the Anthropic Admin API as they came, one row per page or per daily"
    " bucket, and the ledger of what is complete. `body` is the JSON text of the answer; unknown"
    " fields stay in it. A window comes back whole: an empty answer replaces what was there.",
    brings="Reports of the chosen days, directories as they are now.",
    needs="ANTHROPIC_ADMIN_KEY",
    variables="ANTHROPIC_",
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
    has_access=lambda settings: settings.has_anthropic,
    faults=key_faults,
    gaps=lambda _: iter(()),
    check=check_settings,
    findings=_findings,
    load=_load,
)
