"""How finely figures of people may be disclosed: each is of a crowd, also after subtraction.

Belongs here: working out from rows of people which days are disclosed and which values of a column
are folded into `other`. Does not belong here: which tables show them (`team_level`).

A figure is disclosed in cells: a period and the values of some columns. Cells do not overlap, and
each has nobody or at least the minimum of people with a figure that is not zero. All tables of one
`Figures` are sums of the same cells, so whatever is subtracted from whatever, what is left is cells
again. Columns are split one after the other:

1. A period is disclosed, figure by figure, when enough people stand behind it, and besides the
   largest team in it enough or nobody: a team that is disclosed elsewhere cannot be subtracted.
2. What is withheld of a month has enough people together, or the smallest disclosed period is
   withheld too: otherwise the month less its disclosed days would reveal the rest.
3. A value of a column is shown where each cell that it makes has enough people or nobody. All
   others are `other`; where these are too few, the smallest value that makes them enough joins
   them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb

OTHER = "other"
# Kinds of people; the others are programs, or nobody known.
PEOPLE = ("member", "former_member", "guest", "git_only")


@dataclass(frozen=True)
class Figures:
    """Figures of people, from ``rows``: a query of `period`, `person_key`, `team` and the columns.

    ``rows`` reads ``tables`` of the schema `{source}`. ``columns`` are split in their order.
    ``in_months`` says that the periods are days, which are disclosed elsewhere by the month.
    ``wanted`` is the value that is the last to join others that are too few.
    """

    name: str
    rows: str
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    measures: tuple[str, ...]
    in_months: bool = True
    wanted: str = ""

    @property
    def disclosed(self) -> str:
        """The temporary table of periods, with a boolean for each figure."""
        return f"disclosed_{self.name}"

    def shown(self, column: str) -> str:
        """Return the temporary table of a column: `period`, `value` and what is `shown` of it."""
        return f"shown_{self.name}_{column}"


def prepare(
    connection: duckdb.DuckDBPyConnection, figures: Figures, source: str, minimum: int
) -> None:
    """Make the temporary tables that say what of ``figures`` is disclosed."""
    for statement in _statements(figures, source, minimum):
        connection.execute(statement)


def _statements(figures: Figures, source: str, minimum: int) -> Iterator[str]:
    people = ", ".join(f"'{kind}'" for kind in PEOPLE)
    sums = ", ".join(f"sum({measure}) as {measure}" for measure in figures.measures)
    columns = "".join(f"{column}, " for column in figures.columns)
    yield (
        "create or replace temp table people as select person_key,"
        f" cast(row_number() over () as integer) as person from {source}.dim_people"
        f" where person_kind in ({people})"
    )
    yield (
        f"create or replace temp table cells as select period, person, team, {columns}{sums}"
        f" from ({figures.rows.format(source=source)}) left join people using (person_key)"
        " group by all"
    )
    yield from _periods(figures, minimum)
    disclosed = ", ".join(
        f"case when disclosed.{name} then cells.{name} end as {name}" for name in figures.measures
    )
    yield (
        f"create or replace temp table cells as select cells.* replace ({disclosed})"
        f" from cells join {figures.disclosed} as disclosed using (period)"
    )
    for number, column in enumerate(figures.columns):
        yield from _column(figures, column, figures.columns[:number], minimum)


def _periods(figures: Figures, minimum: int) -> Iterator[str]:
    yield (
        f"create or replace temp table {figures.disclosed} as select period, "
        + ", ".join(f"false as {name}" for name in figures.measures)
        + " from cells group by period"
    )
    for name in figures.measures:
        yield (
            "create or replace temp table sizes as with teams as"
            " (select period, team, count(distinct person) as size from cells"
            f" where {name} <> 0 group by period, team),"
            f" wholes as (select period, count(distinct person) as size from cells"
            f" where {name} <> 0 group by period)"
            " select period, wholes.size, wholes.size - max(teams.size) as others,"
            f" wholes.size >= {minimum} and (others = 0 or others >= {minimum}) as is_disclosed"
            " from wholes join teams using (period) group by period, wholes.size"
        )
        if figures.in_months:
            yield (
                "create or replace temp table remainders as select date_trunc('month', period)"
                " as month from cells join sizes using (period)"
                f" where not is_disclosed and {name} <> 0"
                f" group by all having count(distinct person) < {minimum}"
            )
            yield (
                "update sizes set is_disclosed = false"
                " where period in (select arg_min(period, size) from sizes"
                " join remainders on date_trunc('month', period) = month where is_disclosed"
                " group by month)"
            )
        yield (
            f"update {figures.disclosed} set {name} = true"
            " where period in (select period from sizes where is_disclosed)"
        )


def _column(figures: Figures, column: str, split: tuple[str, ...], minimum: int) -> Iterator[str]:
    cell = f"struct_pack({', '.join(f'{name} := {name}' for name in split)})" if split else "0"

    def sizes(relation: str, *keys: str) -> str:
        return " union all ".join(
            f"select {', '.join(('period', f'{cell} as cell', *keys))}, '{name}' as figure,"
            f" count(distinct person) as size from {relation} where {name} <> 0 group by all"
            for name in figures.measures
        )

    yield f"create or replace temp table sizes as {sizes('cells', f'{column} as value')}"
    yield (
        "create or replace temp table folded as select period, value from sizes group by all"
        f" having min(size) < {minimum}"
    )
    rest = (
        f"(select cells.* from cells semi join folded on cells.period = folded.period"
        f" and cells.{column} is not distinct from folded.value)"
    )
    yield (
        "create or replace temp table too_few as select * from"
        f" ({sizes(rest)}) where size < {minimum}"
    )
    yield _joining(figures, minimum)
    shown = figures.shown(column)
    yield (
        f"create or replace temp table {shown} as select distinct sizes.period, sizes.value,"
        f" case when folded.period is null then sizes.value else '{OTHER}' end as shown"
        " from sizes left join (select * from folded union select * from joining) as folded"
        " on sizes.period = folded.period and sizes.value is not distinct from folded.value"
    )
    yield (
        f"create or replace temp table cells as select cells.* replace (shown.shown as {column})"
        f" from cells join {shown} as shown on cells.period = shown.period"
        f" and cells.{column} is not distinct from shown.value"
    )


def _joining(figures: Figures, minimum: int) -> str:
    """Return the statement for `joining`: values that are folded because the others are too few.

    One value a period, the smallest that has enough people in each cell in question. Where there is
    none, all of the period.
    """
    return (
        "create or replace temp table joining as with candidates as"
        " (select sizes.period, sizes.value, sum(sizes.size) as size, count(*) as helped"
        " from sizes join too_few using (period, cell, figure)"
        " anti join folded on sizes.period = folded.period"
        " and sizes.value is not distinct from folded.value"
        f" where sizes.size >= {minimum} group by all),"
        " wanted as (select period, count(*) as helped from too_few group by period),"
        f" ordered as (select *, {{'last': coalesce(value = '{figures.wanted}', false),"
        " 'size': size, 'value': value} as place"
        " from candidates join wanted using (period, helped)),"
        " chosen as (select period, arg_min({'value': value}, place) as one"
        " from ordered group by period)"
        " select period, one.value as value from chosen"
        " union select sizes.period, sizes.value from sizes semi join wanted using (period)"
        " anti join chosen using (period)"
    )


def disclosed_of(figures: Figures, columns: Mapping[str, str]) -> str:
    """Return the joins of a table with what is disclosed; ``columns`` has its own expressions.

    The table's period is the expression of the key `period`.
    """
    joins = [f"join {figures.disclosed} as disclosed on disclosed.period = {columns['period']}"]
    for column in figures.columns:
        if column in columns:
            name = f"of_{column}"
            joins.append(
                f"left join {figures.shown(column)} as {name}"
                f" on {name}.period = {columns['period']}"
                f" and {name}.value is not distinct from {columns[column]}"
            )
    return " ".join(joins)
