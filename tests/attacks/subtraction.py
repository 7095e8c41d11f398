"""What somebody with the published file alone can work out of it by adding up and subtracting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations, pairwise
from typing import Any

import duckdb

# More columns than this are not grouped by at once; all together they always are.
MOST_COLUMNS = 3
# What is the key of a row and no sum of anything.
NO_SUMS = ("_ratio", "_number", "_key", "_pct")
Key = frozenset[tuple[str, object]]


@dataclass(frozen=True)
class Sum:
    """``value`` of a measure of a table over the rows with the values of ``key``."""

    table: str
    measure: str
    key: Key
    value: int

    def __str__(self) -> str:
        shown = ", ".join(f"{name} {value}" for name, value in sorted(self.key, key=str))
        return f"{self.table}.{self.measure} of ({shown})"


def sums(connection: duckdb.DuckDBPyConnection, only: Collection[str] = ()) -> list[Sum]:
    """Return all sums over rows of a table that agree in some columns; amounts in millionths."""
    found: list[Sum] = []
    tables = connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'marts' order by all"
    ).fetchall()
    for (table,) in tables:
        if not only or table in only:
            found += _sums_of(connection, table)
    return found


def _sums_of(connection: duckdb.DuckDBPyConnection, table: str) -> Iterator[Sum]:
    kinds = {
        name: str(kind)
        for name, kind, *_ in connection.execute(f"describe marts.{table}").fetchall()
    }
    measures = [
        name
        for name, kind in kinds.items()
        if kind.startswith(("DECIMAL", "BIGINT", "HUGEINT")) and not name.endswith(NO_SUMS)
    ]
    dates = [name for name, kind in kinds.items() if kind == "DATE"]
    groups = {name: name for name, kind in kinds.items() if kind in ("VARCHAR", "BOOLEAN", "DATE")}
    counts = ", ".join(f"count(distinct {name})" for name in groups)
    if not measures or not groups:
        return
    row = connection.execute(f"select {counts} from marts.{table}").fetchone() or ()
    useful = [name for name, count in zip(groups, row, strict=True) if count > 1]
    useful += [f"month({name})" for name in dates]
    chosen = {subset for size in range(MOST_COLUMNS + 1) for subset in combinations(useful, size)}
    whole = tuple(name for name in useful if not name.startswith("month("))
    for subset in chosen | {whole}:
        if {f"month({name})" for name in dates if name in subset} & set(subset):
            continue
        yield from _grouped(connection, table, [(name, kinds[name]) for name in measures], subset)


def _grouped(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    measures: list[tuple[str, str]],
    columns: tuple[str, ...],
) -> Iterator[Sum]:
    texts = [
        f"date_trunc('month', {name[6:-1]})::date" if name.startswith("month(") else name
        for name in columns
    ]
    amounts = [
        f"cast({'1000000 * ' if kind.startswith('DECIMAL(18') else ''}sum({name}) as hugeint)"
        for name, kind in measures
    ]
    selected = ", ".join([*texts, *amounts])
    by = f" group by {', '.join(texts)}" if texts else ""
    for row in connection.execute(f"select {selected} from marts.{table}{by}").fetchall():
        key = frozenset(
            (_named(name), value) for name, value in zip(columns, row[: len(columns)], strict=True)
        )
        for (measure, _), value in zip(measures, row[len(columns) :], strict=True):
            if value:
                yield Sum(table, measure, key, value)


def _named(column: str) -> str:
    """Return one name for all dates of a kind, so that tables by day and by month meet."""
    if column.startswith("month(") or column == "month_start_date":
        return "month"
    return column


def unit(measure: str) -> str:
    """Return what a measure is in, by the end of its name; other things are not subtracted."""
    return "usd" if measure == "figure" else measure.rpartition("_")[2]


def attacks(found: list[Sum]) -> Iterator[tuple[int, str, str]]:
    """Yield what comes out of each sum, and of each two that are nested: how much, of what, how.

    Nested are sums of the same key in two tables or measures; of a key, and of it and one more
    column; of a month and of the days of it; of one period and the next.
    """
    by_key: dict[tuple[Key, str], list[Sum]] = defaultdict(list)
    for one in found:
        by_key[one.key, unit(one.measure)].append(one)
        yield one.value, unit(one.measure), str(one)
    for one in found:
        for outer in _outer_keys(one.key):
            for other in by_key.get((outer, unit(one.measure)), ()):
                yield other.value - one.value, unit(one.measure), f"{other} less {one}"
    yield from _consecutive(found)


def _outer_keys(key: Key) -> Iterator[Key]:
    yield key
    for item in key:
        rest = key - {item}
        yield rest
        name, value = item
        if isinstance(value, date) and name != "month":
            yield rest | {("month", value.replace(day=1))}


def _consecutive(found: list[Sum]) -> Iterator[tuple[int, str, str]]:
    series: dict[tuple[Any, ...], list[tuple[date, Sum]]] = defaultdict(list)
    for one in found:
        for name, value in one.key:
            if isinstance(value, date):
                rest = one.key - {(name, value)}
                series[(one.table, one.measure, name, rest)].append((value, one))
    for periods in series.values():
        ordered = [one for _, one in sorted(periods, key=lambda item: item[0])]
        for before, after in pairwise(ordered):
            yield after.value - before.value, unit(after.measure), f"{after} less {before}"
