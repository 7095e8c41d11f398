"""A page's declarations and a generation into what its template shows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from dashboard import charts, filters, format, level
from dashboard.model import Chart, Figure, Page, Table
from dashboard.store import Answer, Generation
from dashboard.viewers import Viewer

MOST_SHOWN = 500


@dataclass(frozen=True)
class ShownFigure:
    """A figure in words."""

    figure: Figure
    value: str
    bounds: str | None
    detail: str | None
    change: str
    definition: str
    unfiltered: list[str]


@dataclass(frozen=True)
class ShownPart:
    """A chart or table in words: ``cells`` are rows as text, ``empty`` says why there are none."""

    part: Table
    empty: str
    cells: list[list[str]]
    is_cut: bool
    row_count: int
    definition: str
    unfiltered: list[str]
    # For a chart: specification and data, safe inside a page.
    drawing: str | None


def figure(
    one: Figure, generation: Generation, asked: filters.Filters, known: filters.Choices
) -> ShownFigure:
    """Return a figure of the asked span and how far it is from the span before."""
    now = _row(generation.query(one.sql, asked.variables()))
    value = now.get("value")
    bounds = None
    if now.get("lower") is not None and now.get("upper") is not None:
        lower, upper = (format.shown(now[name], one.unit) for name in ("lower", "upper"))
        # At the end of a month a forecast is a sum.
        bounds = f"between {lower} and {upper}" if lower != upper else None
    details = [now.get("detail"), level.why_empty(generation) if value is None else None]
    detail = ". ".join(str(one) for one in details if one is not None)
    return ShownFigure(
        one,
        format.shown(value, one.unit),
        bounds,
        detail or None,
        _change(one, value, generation, asked, known),
        definition(one.definition, generation),
        _unfiltered(one, asked),
    )


def _unfiltered(one: Figure | Table, asked: filters.Filters) -> list[str]:
    """Return the filters that are chosen and that a part does not go by."""
    chosen = (name for name, value in asked.chosen.items() if value != filters.ALL)
    return [name for name in chosen if name not in one.filters]


def _change(
    one: Figure,
    value: object,
    generation: Generation,
    asked: filters.Filters,
    known: filters.Choices,
) -> str:
    if "dates" not in one.filters:
        return ""
    before = asked.before()
    if before.first < known.first:
        return f"nothing to compare with before {asked.first}"
    found = _row(generation.query(one.sql, before.variables())).get("value")
    words = format.change(value, found)
    if words is None:
        return "nothing to compare with"
    return f"{words} against {before.first} to {before.last}"


def _row(answer: Answer) -> dict[str, object]:
    found = answer.dicts()
    return found[0] if found else {}


def part(
    one: Table, generation: Generation, asked: filters.Filters, known: filters.Choices
) -> ShownPart:
    """Return a chart or table of the asked span."""
    most = {} if isinstance(one, Chart) else {"most": MOST_SHOWN}
    answer = generation.query(one.sql, asked.variables(), **most)
    places = {name: place for place, name in enumerate(answer.columns)}
    cells = [
        [format.shown(row[places[column.name]], column.unit) for column in one.columns]
        for row in answer.rows[:MOST_SHOWN]
    ]
    return ShownPart(
        one,
        " ".join(filter(None, (one.empty, level.why_empty(generation)))),
        cells,
        answer.is_cut or len(answer.rows) > MOST_SHOWN,
        len(answer.rows),
        definition(one.definition, generation),
        _unfiltered(one, asked),
        drawing(one, answer, known)
        if isinstance(one, Chart) and charts.draws(one, answer.columns, answer.rows)
        else None,
    )


def drawing(one: Chart, answer: Answer, known: filters.Choices) -> str:
    """Return a chart's specification with its data as JSON that is safe inside a page."""
    spec = charts.drawn_of(one, values(answer), known.values["model"])
    # No end of a script, no comment and no line separator can come out of a value.
    return json.dumps(spec, separators=(",", ":")).translate(
        {
            ord("<"): "\\u003c",
            ord(">"): "\\u003e",
            ord("&"): "\\u0026",
            0x2028: "\\u2028",
            0x2029: "\\u2029",
        }
    )


def values(answer: Answer) -> list[dict[str, Any]]:
    """Return rows as JSON has them: numbers for drawing, days as milliseconds in UTC."""
    return [{name: _plain(value) for name, value in row.items()} for row in answer.dicts()]


def _plain(value: object) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return (value - date(1970, 1, 1)) // timedelta(milliseconds=1)
    return value.isoformat() if isinstance(value, datetime) else value


def definition(of: str, generation: Generation) -> str:
    """Return what the published file says of `table.column`, or of `quality.table.column`.

    Raises:
        KeyError: there is no such column.
    """
    known = generation.cache.get("definitions")
    if known is None:
        answer = generation.query(
            "select if(schema_name = 'marts', '', schema_name || '.') || table_name || '.'"
            " || column_name, coalesce(comment, '') from duckdb_columns()"
            " where database_name = 'published' and schema_name in ('marts', 'quality')"
        )
        known = generation.cache["definitions"] = {str(name): text for name, text in answer.rows}
    assert isinstance(known, dict)
    return str(known[of])


def pages(of: Sequence[Page], viewer: Viewer) -> list[Page]:
    """Return the pages on which a viewer sees something."""
    return [one for one in of if any(viewer.sees(part.filters) for part in one.everything)]


def page(
    one: Page,
    generation: Generation,
    viewer: Viewer,
    asked: filters.Filters,
    known: filters.Choices,
) -> dict[str, Any]:
    """Return what the template of a page shows to a viewer."""
    return {
        "figures": [
            figure(each, generation, asked, known)
            for each in one.figures
            if viewer.sees(each.filters)
        ],
        "sections": [
            (section, [part(each, generation, asked, known) for each in seen])
            for section in one.sections
            if (seen := [each for each in section.parts if viewer.sees(each.filters)])
        ],
        "withheld": [each.title for each in one.everything if not viewer.sees(each.filters)],
    }
