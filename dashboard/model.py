"""What a page is made of: figures, charts and tables, each one declaration.

A chart's table, file, definition, text for a screen reader and empty state follow from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import altair as alt

# ``level`` is a text that says how good or bad something is.
Unit = Literal["usd", "count", "tokens", "ratio", "hours", "date", "month", "text", "level"]
FilterName = Literal["dates", "team", "repository", "model", "workspace", "person"]
Filtered = frozenset[FilterName]

DATES: Filtered = frozenset({"dates"})
DATES_AND_TEAM: Filtered = frozenset({"dates", "team"})


@dataclass(frozen=True)
class Column:
    """A column of an answer, as people read it."""

    name: str
    label: str
    unit: Unit = "text"

    @property
    def is_number(self) -> bool:
        """Say whether its cells are aligned by their digits."""
        return self.unit not in ("date", "month", "text", "level")


@dataclass(frozen=True)
class Figure:
    """One number. Its SQL answers one row: ``value``, and with bounds ``lower`` and ``upper``.

    ``detail``, a column too, is shown beside it. It is asked for the span and for the one before,
    unless its SQL does not look at dates. ``definition`` is ``table.column`` of the marts, or
    ``quality.table.column``.
    """

    id: str
    title: str
    unit: Unit
    sql: str
    filters: Filtered
    definition: str


@dataclass(frozen=True)
class Table:
    """Rows of one query, which is a file to download too."""

    id: str
    title: str
    sql: str
    columns: tuple[Column, ...]
    filters: Filtered
    definition: str
    empty: str = "Nothing in these days."


@dataclass(frozen=True)
class Chart(Table):
    """A table that is drawn; ``marks`` makes the drawing of data named ``rows``."""

    marks: Callable[[], alt.TopLevelMixin] = None  # type: ignore[assignment]
    # What the drawing shows, for those who do not see it.
    says: str = ""


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    parts: tuple[Chart | Table, ...]
    text: str = ""
    # Two beside each other where there is room.
    in_columns: bool = False

    @property
    def id(self) -> str:
        """Return its place in the page."""
        return f"section-{self.title.lower().replace(' ', '-')}"


@dataclass(frozen=True)
class Page:
    """One page: its place in the address is its ``id``."""

    id: str
    title: str
    question: str
    figures: tuple[Figure, ...] = ()
    sections: tuple[Section, ...] = ()

    @property
    def filters(self) -> Filtered:
        """Return the filters that something on the page goes by."""
        return frozenset(name for one in self.everything for name in one.filters)

    @property
    def everything(self) -> list[Figure | Table]:
        """Return figures, charts and tables."""
        return [*self.figures, *self.parts.values()]

    @property
    def parts(self) -> dict[str, Chart | Table]:
        """Return charts and tables by id."""
        return {part.id: part for section in self.sections for part in section.parts}
