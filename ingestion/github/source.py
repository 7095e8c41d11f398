"""GitHub as a source: repositories, read from where the last load ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingestion import raw
from ingestion.github.access import check_settings, has_access, setting_faults, setting_gaps
from ingestion.github.tables import SOURCE, TABLES
from ingestion.settings import Settings
from ingestion.source import Finding, Source, Wanted

if TYPE_CHECKING:
    from ingestion.loading import LoadReport


def _configured(settings: Settings) -> list[str]:
    return [SOURCE] if settings.has_github else []


def _findings(settings: Settings) -> Iterator[Finding]:
    from ingestion.github.findings import findings

    yield from findings(settings)


def _load(settings: Settings, wanted: Wanted) -> LoadReport:
    from ingestion.github.load import load_github

    assert wanted.start is not None
    return load_github(settings, run_id=wanted.run_id, start=wanted.start)


GITHUB = Source(
    name=SOURCE,
    description="Nodes of the GitHub GraphQL API as they came, and the ledger of what is complete.",
    brings="What is new in the repositories.",
    needs="GITHUB_TOKEN with GITHUB_ORG or GITHUB_REPOS",
    variables="GITHUB_",
    tables=TABLES,
    kept=(
        raw.KEPT_LEDGER,
        raw.KEPT_ENTITY_VERSIONS,
        raw.KEPT_UNREAD_ITEMS,
        raw.KEPT_DUPLICATE_ROWS,
    ),
    configured=_configured,
    has_access=has_access,
    faults=setting_faults,
    gaps=setting_gaps,
    check=check_settings,
    findings=_findings,
    load=_load,
)
