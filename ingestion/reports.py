"""What a report by days is: the one declaration that all else about it is made of.

Raw table, asset and its description, what is due, staging unions, checks and the calendar follow
from these fields. How a report is asked for is its source's business: `anthropic/endpoints.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from ingestion.raw import RawTable

# What marts take a day of: of an organisation's reports of one subject, one tells the day.
Subject = Literal["activity", "usage", "cost"]


@dataclass(frozen=True, kw_only=True)
class Staged:
    """A staging model that is made of a report.

    ``figures`` are the columns that are followed from one reading of a day to the next, by the
    columns ``by``; none of what another report tells too. For that, a record that a revision took
    away is read once more: the dbt macros `<read>_shape` and `<read>_columns` say how, of each of
    the record's ``items`` where these are what the model has rows of.
    """

    model: str
    read: str = ""
    figures: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    items: str | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report by UTC day.

    Args:
        organization: the kind of organisation whose days it tells.
        family: what it tells, in words; two reports of one family tell the same days.
        subject: what marts take its days for, if they do.
        preference: which report of a subject tells a day that several have: the lowest.
        look_back: how long after its end a day may still change, so that it is read again.
        held_back: how long after its end a day is not whole yet.
        is_aggregated_later: a day is not there at all before that.
        says_how_fresh: the answer carries `data_refreshed_at`, up to when its figures are whole.
        first_day: the first that it can be asked for.
        days_back: how far back it can be asked for.
        details_of: the report whose figures it tells by another dimension: it is asked for the days
            which that one tells, and an organisation that has it not lacks nothing.
        staged: its staging models, that of its records first.
        figures_in: the field of a record that holds its figures, where that is not the record.
        is_by_actor: its rows are of actors.
    """

    table: RawTable
    organization: str
    family: str
    subject: Subject | None = None
    preference: int = 1
    look_back: timedelta
    held_back: timedelta
    is_aggregated_later: bool = False
    says_how_fresh: bool = False
    first_day: date | None = None
    days_back: int | None = None
    details_of: RawTable | None = None
    staged: tuple[Staged, ...] = ()
    figures_in: str | None = None
    is_by_actor: bool = False

    def earliest(self, today: date) -> date | None:
        """Return the first day that can be asked for, or None where no bound is known."""
        if self.days_back is None:
            return self.first_day
        # A midnight that lies that many days back is some hours too old.
        oldest = today - timedelta(days=self.days_back - 1)
        return max(oldest, self.first_day) if self.first_day else oldest

    @property
    def is_followed(self) -> bool:
        """Whether its figures are followed from one reading of a day to the next."""
        return any(one.figures for one in self.staged)
