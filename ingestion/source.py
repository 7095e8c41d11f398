"""What a source is: one value that says all that is asked of a source outside its own room."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from ingestion.raw import KeptTable, RawTable
from ingestion.reports import Report
from ingestion.settings import Settings

if TYPE_CHECKING:
    from ingestion.loading import LoadReport


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a load is to bring.

    Args:
        days: of reports, by raw table name.
        directories: whether to read what is there now, where a source has reports and lists.
        start: how far back, where a source has no days.
        on_progress: called with the raw table's name, its windows done and its windows in all.
    """

    run_id: str
    days: Mapping[str, Sequence[date]] = field(default_factory=dict)
    directories: bool = True
    start: date | None = None
    on_progress: Callable[[str, int, int], None] | None = None


@dataclass(frozen=True)
class Finding:
    """What was seen of a source, and whether it is wrong; None where nothing is set."""

    name: str
    is_wrong: bool | None
    details: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """A source, its raw tables and what there is to know of it.

    Functions import what takes long to import when they are called.

    Args:
        name: as it stands in the ledger, in `raw_<name>` and in `stg_<name>__…`.
        description: of what it answers, and how that is stored.
        brings: what a load brings.
        needs: which settings it needs, in words that begin with a variable.
        variables: how the names of its settings begin.
        tables: of answers.
        kept: what each load writes beside them.
        reports: those of its tables that are read by UTC day; a source without any is read from
            where its last load ended.
        organizations: names of the kinds of organisations whose days these tell.
        configured: returns those kinds that the settings have a key of; of a source without
            reports, its name or nothing.
        has_access: whether the settings have a key at all, of whatever use it is.
        faults: yields the variable and what is wrong with it; nothing set is no fault.
        gaps: yields the variable that is not set and must be, beside others that are.
        check: raises `ConfigurationError` where it cannot be loaded.
        findings: asks each host with the cheapest call.
        load: reads and stores what is wanted.
    """

    name: str
    description: str
    brings: str
    needs: str
    variables: str
    tables: tuple[RawTable, ...]
    kept: tuple[KeptTable, ...]
    reports: tuple[Report, ...] = ()
    organizations: Mapping[str, str] = field(default_factory=dict)
    configured: Callable[[Settings], Collection[str]]
    has_access: Callable[[Settings], bool]
    faults: Callable[[Settings], Iterator[tuple[str, str]]]
    gaps: Callable[[Settings], Iterator[tuple[str, str]]]
    check: Callable[[Settings], None]
    findings: Callable[[Settings], Iterator[Finding]]
    load: Callable[[Settings, Wanted], LoadReport]

    @property
    def schema(self) -> str:
        return f"raw_{self.name}"

    @property
    def lists(self) -> tuple[RawTable, ...]:
        """Its tables that are not of days: what is there now."""
        reports = {report.table for report in self.reports}
        return tuple(table for table in self.tables if table not in reports)
