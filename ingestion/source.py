"""What a source is: one value that says all that is asked of a source outside its own room."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from ingestion.raw import KeptTable, RawTable
from ingestion.reports import Report
from ingestion.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Source:
    """A source, its raw tables and what there is to know of it.

    Args:
        name: as it stands in the ledger, in `raw_<name>` and in `stg_<name>__…`.
        description: of what it answers, and how that is stored.
        tables: of answers.
        kept: what each load writes beside them.
        reports: those of its tables that are read by UTC day.
        organizations: names of the kinds of organisations whose days these tell.
        configured: returns those kinds that the settings have a key of; of a source without
            reports, any value or none.
    """

    name: str
    description: str
    tables: tuple[RawTable, ...]
    kept: tuple[KeptTable, ...]
    reports: tuple[Report, ...] = ()
    organizations: Mapping[str, str] = field(default_factory=dict)
    configured: Callable[[Settings], Collection[str]]

    @property
    def schema(self) -> str:
        return f"raw_{self.name}"
