"""The register of sources: which there are."""

from __future__ import annotations

from ingestion.anthropic.source import ANTHROPIC
from ingestion.github.source import GITHUB
from ingestion.litellm.source import LITELLM
from ingestion.local.source import LOCAL
from ingestion.raw import LEDGER_TABLE
from ingestion.source import Source
from ingestion.telemetry.source import TELEMETRY

SOURCES: tuple[Source, ...] = (ANTHROPIC, GITHUB, LITELLM, TELEMETRY, LOCAL)


def source_of(name: str) -> Source:
    """Return the source of a name. Raises ``KeyError`` where there is none."""
    return {source.name: source for source in SOURCES}[name]


def all_windows() -> str:
    """Return a query of the ledgers of all sources."""
    return " union all by name ".join(
        f"select * from {source.schema}.{LEDGER_TABLE}" for source in SOURCES
    )
