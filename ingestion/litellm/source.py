"""LiteLLM as a source: requests of a gateway, read from where the last load ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingestion import raw
from ingestion.litellm.access import NEEDS, check_settings, setting_faults, setting_gaps
from ingestion.litellm.tables import SOURCE, TABLES
from ingestion.settings import Settings
from ingestion.source import Finding, Source, Wanted

if TYPE_CHECKING:
    from ingestion.loading import LoadReport


def _configured(settings: Settings) -> list[str]:
    return [SOURCE] if settings.has_litellm else []


def _findings(settings: Settings) -> Iterator[Finding]:
    from ingestion.litellm.findings import findings

    yield from findings(settings)


def _load(settings: Settings, wanted: Wanted) -> LoadReport:
    from ingestion.litellm.load import load_litellm

    assert wanted.start is not None
    return load_litellm(settings, run_id=wanted.run_id, start=wanted.start)


LITELLM = Source(
    name=SOURCE,
    description="Requests of a LiteLLM gateway, of columns that hold neither text nor people, and"
    " the ledger of what is complete.",
    brings="Requests since the last load, three days of them again.",
    needs=NEEDS,
    variables="LITELLM_",
    tables=TABLES,
    kept=(raw.KEPT_LEDGER, raw.KEPT_DUPLICATE_ROWS),
    configured=_configured,
    has_access=lambda settings: settings.has_litellm,
    faults=setting_faults,
    gaps=setting_gaps,
    check=check_settings,
    findings=_findings,
    load=_load,
)
