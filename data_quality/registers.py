"""What checks know of sources and reports: the declarations of `ingestion/sources.py`."""

from __future__ import annotations

from ingestion.raw import KEPT_RECORD_REVISIONS, PAGES
from ingestion.reports import Subject
from ingestion.sources import SOURCES, all_windows

REPORTS = [report for source in SOURCES for report in source.reports]
# What is there now, as lists in pages that are read anew each day.
DIRECTORY_TABLES = [
    table
    for source in SOURCES
    for table in source.tables
    if table.schema == PAGES and table.records and table not in {one.table for one in REPORTS}
]
LEDGERS = all_windows()
REVISIONS = " union all by name ".join(
    f"select '{source.name}' as source, * from {source.schema}.{KEPT_RECORD_REVISIONS.name}"
    for source in SOURCES
    if KEPT_RECORD_REVISIONS in source.kept
)
# Those that are read from where they ended: rows, not windows, come and go.
WITHOUT_DAYS = ", ".join(f"'{source.name}'" for source in SOURCES if not source.reports)
# By source, as a list of SQL.
REPORTS_BY_SOURCE = {
    source.name: ", ".join(f"'{report.table.name}'" for report in source.reports)
    for source in SOURCES
    if source.reports
}


def endpoints_of(subject: Subject) -> tuple[str, ...]:
    """Return the reports that marts take days of a subject from, the preferred ones first."""
    found = [report for report in REPORTS if report.subject == subject]
    return tuple(one.table.name for one in sorted(found, key=lambda one: one.preference))
