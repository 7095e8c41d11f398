"""Exports of people's machines as a source: read from where the last load ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingestion import raw
from ingestion.local.access import NEEDS, check_settings, setting_faults, setting_gaps
from ingestion.local.tables import EXPORT_FILES, SOURCE, TABLES
from ingestion.settings import Settings
from ingestion.source import Finding, Source, Wanted

if TYPE_CHECKING:
    from ingestion.loading import LoadReport


def _has_access(settings: Settings) -> bool:
    return settings.local_exports_path is not None


def _configured(settings: Settings) -> list[str]:
    return [SOURCE] if _has_access(settings) else []


def _findings(settings: Settings) -> Iterator[Finding]:
    from ingestion.local.access import findings

    yield from findings(settings)


def _load(settings: Settings, wanted: Wanted) -> LoadReport:
    from ingestion.local.load import load_local

    return load_local(settings, run_id=wanted.run_id)


LOCAL = Source(
    name=SOURCE,
    description="Counts that people's machines export of their Claude Code transcripts, with"
    " salted hashes, and the ledger of what came.",
    brings="Exports that have come since the last load.",
    needs=NEEDS,
    variables="LOCAL_",
    tables=TABLES,
    kept=(raw.KEPT_LEDGER, raw.KEPT_DUPLICATE_ROWS, EXPORT_FILES),
    configured=_configured,
    has_access=_has_access,
    faults=setting_faults,
    gaps=setting_gaps,
    check=check_settings,
    findings=_findings,
    load=_load,
)
