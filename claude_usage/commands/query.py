"""`claude-usage query`: metrics by name. MetricFlow writes the query, DuckDB answers it."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from operator import attrgetter
from typing import Any, cast

import duckdb
from metricflow.engine.metricflow_engine import (
    MetricFlowEngine,
    MetricFlowQueryRequest,
    OutputColumnOrderMode,
)
from metricflow.protocols.sql_client import SqlClient, SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.errors.error_classes import InformativeUserError
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup
from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from claude_usage.console import out, say
from claude_usage.filters import compared, rewritten
from claude_usage.nearest import nearest
from ingestion import warehouse
from ingestion.errors import ConfigurationError
from ingestion.settings import Settings

_VALUES_SHOWN = 10
GRAINS = ("day", "week", "month", "quarter", "year")

Row = Sequence[object]


@dataclass(frozen=True)
class Answer:
    """Columns, named as they were asked for, and rows in their order."""

    columns: list[str]
    rows: list[Row]


@dataclass(frozen=True)
class GroupBy:
    """Something that metrics can be grouped and filtered by."""

    name: str
    kind: str

    def called(self, word: str) -> str:
        """Return the whole name for ``word``; the time grain that it may end with stays."""
        grain = _split(word)[1] or "day"
        return f"{self.name}__{grain}" if self.kind == "TimeDimension" else self.name

    def template(self, word: str) -> str:
        """Return what MetricFlow wants in a filter."""
        grain = f", '{_split(word)[1] or 'day'}'" if self.kind == "TimeDimension" else ""
        return "{{ " + f"{self.kind}('{self.name}'{grain})" + " }}"


class _DuckDB:
    """What MetricFlow must know of a database to write for it; it never gets a connection."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()


class Metrics:
    """The metrics of a semantic manifest, as dbt writes it."""

    def __init__(self, manifest: str) -> None:
        parsed = parse_manifest_from_dbt_generated_manifest(manifest_json_string=manifest)
        self.database = parsed.semantic_models[0].node_relation.database or "warehouse"
        self.descriptions = {
            one.name: " ".join((one.description or "").split())
            # dbt lists what it has parsed last at the end.
            for one in sorted(parsed.metrics, key=attrgetter("name"))
        }
        # They say from when to when a row holds; to group by them means nothing.
        self._validity = {
            dimension.name
            for model in parsed.semantic_models
            for dimension in model.dimensions
            if dimension.validity_params
        }
        self._engine = MetricFlowEngine(
            SemanticManifestLookup(parsed), cast(SqlClient, cast(Any, _DuckDB()))
        )

    def check(self, metrics: Sequence[str]) -> None:
        """Raise for a name that is no metric."""
        for name in metrics:
            if name not in self.descriptions:
                raise ConfigurationError(
                    f"There is no metric {name!r}. {_nearest(name, self.descriptions)}"
                    " All of them: claude-usage query --list"
                )

    def group_bys(self, metrics: Sequence[str]) -> list[GroupBy]:
        """Return what all of ``metrics`` can be grouped by."""
        found = []
        for one in self._engine.list_group_bys(list(metrics)):
            name = getattr(one, "dunder_name", one.name)
            kind = type(one).__name__
            if _split(name)[0].rpartition("__")[2] in self._validity:
                continue
            if kind == "Dimension" and one.type.name == "TIME":
                found.append(GroupBy(_split(name)[0], "TimeDimension"))
            else:
                found.append(GroupBy(name, kind))
        return found

    def query(self, metrics: Sequence[str], by: Sequence[str], where: str) -> tuple[list[str], str]:
        """Return the columns to show, by the names they have in the query, and the query."""
        self.check(metrics)
        choices = self.group_bys(metrics)
        names = [_one(word, choices, metrics).called(word) for word in by]
        filters = [_filter(where, choices, metrics, self.descriptions)] if where.strip() else []
        request = MetricFlowQueryRequest.create(
            metric_names=metrics,
            group_by_names=names,
            order_by_names=names,
            where_constraints=filters,
            output_column_order_mode=OutputColumnOrderMode.INPUT_ORDER,
        )
        try:
            return [*names, *metrics], self._engine.explain(request).sql_statement.sql
        except InformativeUserError as error:
            raise ConfigurationError(" ".join(str(error).split())) from error


def ask(
    settings: Settings, known: Metrics, metrics: Sequence[str], by: Sequence[str], where: str = ""
) -> Answer:
    """Answer from the warehouse, which is opened read-only and for as long as the query takes."""
    metrics, by = list(dict.fromkeys(metrics)), list(dict.fromkeys(by))
    columns, sql = known.query(metrics, by, where)
    path = settings.warehouse_path
    with warehouse.reading(path, name=known.database) as connection:
        try:
            cursor = connection.execute(sql)
            places = {one[0]: place for place, one in enumerate(cursor.description)}
            rows = cursor.fetchall()
        except duckdb.Error as error:
            if where and _runs(connection, known.query(metrics, by, "")[1]):
                raise ConfigurationError(_misfit(known, metrics, where)) from error
            raise ConfigurationError(
                f"{path} does not hold the marts as this version makes them: claude-usage publish"
                f" ({str(error).splitlines()[0]})"
            ) from error
    return Answer([*by, *metrics], [[row[places[column]] for column in columns] for row in rows])


def _runs(connection: duckdb.DuckDBPyConnection, sql: str) -> bool:
    try:
        connection.execute(f"explain {sql}")
    except duckdb.Error:
        return False
    return True


def _misfit(known: Metrics, metrics: Sequence[str], where: str) -> str:
    """Say how values are written for the names in a condition that cannot be worked out."""
    choices = known.group_bys(metrics)
    named: dict[str, str] = {}

    def note(word: str) -> str:
        named[word] = _kind(_one(word, choices, metrics))
        return word

    # From the last name to the first.
    rewritten(where, note)
    kinds = "; ".join(f"{word} is {kind}" for word, kind in reversed(named.items()))
    return f"--where {where} cannot be worked out: {kinds or 'it names no dimension'}"


def _kind(one: GroupBy) -> str:
    if one.kind == "TimeDimension":
        return "a day, as in metric_time >= '2026-10-01'"
    last = one.name.rpartition("__")[2]
    return "true or false" if last.startswith(("is_", "has_")) else f"a text, as in {last} = '…'"


def why_empty(settings: Settings, known: Metrics, metrics: Sequence[str], where: str) -> str:
    """Return which value in ``where`` there is none of, and which there are; else the days."""
    choices = known.group_bys(metrics)
    for word, values in compared(where).items() if where.strip() else ():
        if _one(word, choices, metrics).kind == "TimeDimension":
            continue
        rows = ask(settings, known, metrics, [word]).rows
        there = [_shown(row[0]) for row in rows if row[0] is not None]
        for value in values:
            if value not in there:
                return f"there is no {word} {value!r}; there are {_some(value, there)}"
    rows = ask(settings, known, metrics, ["metric_time__day"]).rows
    days = sorted(_shown(day) for day, *figures in rows if day is not None and any(figures))
    if not days:
        return "there are none of any day"
    return f"there are some from {days[0]} to {days[-1]}, but none for this condition"


def _some(value: str, there: Sequence[str]) -> str:
    """Return values, the nearest first and not more than fit a line or two."""
    first = get_close_matches(value, there, n=_VALUES_SHOWN, cutoff=0.6)
    ordered = list(dict.fromkeys([*first, *there]))
    rest = len(ordered) - _VALUES_SHOWN
    more = f" and {rest} more" if rest > 0 else ""
    return (", ".join(ordered[:_VALUES_SHOWN]) or "none at all") + more


def query(
    settings: Settings, metrics: Sequence[str], *, by: str, where: str, listed: bool, as_csv: bool
) -> int:
    """Print the metrics asked for, or what can be asked; return 0."""
    # Parses the dbt project when its files are newer than what was parsed.
    from orchestration.assets.transformations import semantic_manifest

    known = Metrics(semantic_manifest())
    if listed:
        known.check(metrics)
        answer = _listed(known, metrics)
    elif metrics:
        words = [word.strip() for word in by.split(",") if word.strip()]
        answer = ask(settings, known, metrics, words, where)
    else:
        raise ConfigurationError("Which metric? All of them: claude-usage query --list")
    _print_csv(answer) if as_csv else _print_table(answer)
    if metrics and not listed and _is_empty(answer, metrics):
        say(f"No figures: {why_empty(settings, known, metrics, where)}")
    return 0


def _is_empty(answer: Answer, metrics: Sequence[str]) -> bool:
    """Return whether no metric has a figure; a count of nothing is 0."""
    return not any(any(row[-len(set(metrics)) :]) for row in answer.rows)


def _listed(known: Metrics, metrics: Sequence[str]) -> Answer:
    if not metrics:
        return Answer(["metric", "description"], list(known.descriptions.items()))
    choices = known.group_bys(metrics)
    grains = ", ".join(f"__{grain}" for grain in GRAINS)
    rows: list[Row] = [
        (_short(one, choices), one.name, grains if one.kind == "TimeDimension" else None)
        for one in choices
    ]
    return Answer(["by", "whole name", "may end with"], rows)


def _split(word: str) -> tuple[str, str]:
    """Return a name and the time grain that it ends with, if any."""
    base, _, last = word.rpartition("__")
    return (base, last) if base and last in GRAINS else (word, "")


def _matches(word: str, choices: Sequence[GroupBy]) -> list[GroupBy]:
    """Return what ``word`` may mean: the whole name, or what follows the last entity in it."""
    base, grain = _split(word.lower())
    possible = [one for one in choices if not grain or one.kind == "TimeDimension"]
    whole = [one for one in possible if one.name == base]
    return whole or [one for one in possible if one.name.endswith(f"__{base}")]


def _one(word: str, choices: Sequence[GroupBy], metrics: Sequence[str]) -> GroupBy:
    found = _matches(word, choices)
    if len(found) == 1:
        return found[0]
    if found:
        names = " or ".join(one.name for one in found)
        raise ConfigurationError(f"{word!r} may be {names}: say which")
    of = metrics[0] if len(metrics) == 1 else f"all of {', '.join(metrics)}"
    known = [_short(one, choices) for one in choices]
    raise ConfigurationError(
        f"{word!r} is no dimension of {of}. {_nearest(word, known)}"
        f" All of them: claude-usage query {' '.join(metrics)} --list"
    )


def _short(one: GroupBy, choices: Sequence[GroupBy]) -> str:
    last = one.name.rpartition("__")[2]
    return last if _matches(last, choices) == [one] else one.name


def _nearest(word: str, known: Iterable[str]) -> str:
    return f"Nearest: {', '.join(nearest(word, known))}."


def _filter(
    where: str, choices: Sequence[GroupBy], metrics: Sequence[str], all_metrics: Iterable[str]
) -> str:
    """Return the condition with each name in it as MetricFlow wants it."""

    def written(word: str) -> str:
        if word.lower() in all_metrics:
            raise ConfigurationError(f"--where chooses rows by dimensions; {word} is a metric")
        return _one(word, choices, metrics).template(word)

    return rewritten(where, written)


def _print_csv(answer: Answer) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([_plain(value) for value in row] for row in answer.rows)


def _plain(value: object) -> object:
    """Return a value for a program: decimals with all their places, days without a time."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.date() if isinstance(value, datetime) else value


def _print_table(answer: Answer) -> None:
    table = Table(box=SIMPLE)
    for place, name in enumerate(answer.columns):
        values = [row[place] for row in answer.rows]
        is_number = any(isinstance(value, int | float | Decimal) for value in values)
        table.add_column(Text(name), justify="right" if is_number else "left", overflow="fold")
    for row in answer.rows:
        table.add_row(*(Text(_shown(value)) for value in row))
    out.print(table)


def _shown(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:,.4f}"
    return f"{value:,}" if isinstance(value, int | Decimal) else str(_plain(value))
