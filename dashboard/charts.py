"""Drawings that several charts share, over data named ``rows``; colours by meaning.

A specification knows no value: it is made once, and what it draws comes with the page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dashboard.model import Chart

# By meaning, the same on all pages; told apart in grey too, and beside each other by shape or dash.
BILLED, ESTIMATED, BUDGET = "#2f6fb0", "#b86a1e", "#7a7a7a"
WITH, WITHOUT, UNDETERMINED = "#2f6fb0", "#9aa5b1", "#d9b44a"
CACHE_READ, CACHE_WRITTEN, NOT_CACHED = "#9aa5b1", "#d9b44a", "#2f6fb0"
BAD = "#b3261e"
_FORMATS = {"usd": "$,.0f", "ratio": ".0%", "count": ",.0f", "tokens": ".2s", "hours": ",.0f"}
_TOLD = _FORMATS | {"usd": "$,.2f", "ratio": ".1%", "hours": ",.1f"}
_ROWS = "rows"
_HEIGHT = 240


def _alt() -> Any:
    import altair

    return altair


def _base() -> Any:
    alt = _alt()
    return alt.Chart(alt.NamedData(_ROWS)).properties(width="container", height=_HEIGHT)


def _x(day: str, time_unit: str | None = None) -> Any:
    alt = _alt()
    unit = {} if time_unit is None else {"timeUnit": time_unit}
    axis = alt.Axis(format="%d %b", labelOverlap=True, tickCount=8, title=None)
    return alt.X(f"{day}:T", scale=alt.Scale(type="utc"), axis=axis, **unit)


def _scale(colours: Mapping[str, str]) -> Any:
    return _alt().Scale(domain=list(colours), range=list(colours.values()))


def _y(column: str, title: str, unit: str, **more: Any) -> Any:
    alt = _alt()
    return alt.Y(
        f"{column}:Q",
        title=title,
        axis=alt.Axis(format=_FORMATS[unit]),
        scale=alt.Scale(zero=True),
        **more,
    )


def stacked_days(
    day: str,
    value: str,
    by: str,
    *,
    title: str,
    unit: str,
    width_days: int = 1,
    colours: Mapping[str, str] | None = None,
) -> Any:
    """Return bars by day, from zero, stacked by a kind; days that are not complete are pale.

    ``colours`` are by kind, from the top down; by default each kind has the next one.
    """
    alt = _alt()
    scale = alt.Undefined if colours is None else _scale(colours)
    # Vega's own weeks begin on Sunday: bars of a week stand on its Monday, and are wider.
    bar: dict[str, Any] = {"width": {"band": 0.86}} if width_days == 1 else {"size": 3 * width_days}
    return (
        _base()
        .mark_bar(**bar)
        .encode(
            x=_x(day, "utcyearmonthdate"),
            y=_y(value, title, unit, stack="zero"),
            color=alt.Color(
                f"{by}:N",
                title=None,
                scale=scale,
                legend=alt.Legend(orient="bottom", columns=4),
            ),
            opacity=alt.condition("datum.is_complete === false", alt.value(0.45), alt.value(1)),
            tooltip=[
                alt.Tooltip(f"{day}:T", format="%Y-%m-%d", title="Day"),
                f"{by}:N",
                alt.Tooltip(f"{value}:Q", format=",.2f"),
            ],
        )
    )


def band(
    day: str, value: str, lower: str, upper: str, *, title: str, unit: str, line: str | None = None
) -> Any:
    """Return a line with the interval around it, and a dashed level where there is one."""
    alt = _alt()
    base = _base()
    parts = [
        base.mark_area(opacity=0.25, color=BILLED).encode(
            x=_x(day), y=_y(lower, title, unit), y2=f"{upper}:Q"
        ),
        base.mark_line(color=BILLED, point=False).encode(x=_x(day), y=_y(value, title, unit)),
    ]
    if line:
        parts.append(
            base.mark_line(color=BUDGET, strokeDash=[6, 4]).encode(
                x=_x(day), y=_y(line, title, unit)
            )
        )
    return alt.layer(*parts).properties(width="container", height=_HEIGHT)


def lines(day: str, value: str, by: str, *, title: str, unit: str) -> Any:
    """Return a line for each kind, told apart by colour and dash."""
    alt = _alt()
    legend = alt.Legend(orient="bottom", columns=4)
    return (
        _base()
        .mark_line(point=True)
        .encode(
            x=_x(day),
            y=_y(value, title, unit),
            color=alt.Color(f"{by}:N", title=None, legend=legend),
            strokeDash=alt.StrokeDash(f"{by}:N", title=None, legend=legend),
            tooltip=[
                alt.Tooltip(f"{day}:T", format="%Y-%m-%d", title="Day"),
                f"{by}:N",
                alt.Tooltip(f"{value}:Q", format=",.2f"),
            ],
        )
    )


def bars(name: str, value: str, *, title: str, unit: str) -> Any:
    """Return a bar for each name, largest first."""
    alt = _alt()
    return (
        alt.Chart(alt.NamedData(_ROWS))
        .mark_bar(color=BILLED)
        .properties(width="container", height={"step": 22})
        .encode(
            x=alt.X(f"{value}:Q", title=title, axis=alt.Axis(format=_FORMATS[unit], tickCount=8)),
            y=alt.Y(f"{name}:N", title=None, sort="-x", axis=alt.Axis(labelLimit=220)),
            tooltip=[f"{name}:N", alt.Tooltip(f"{value}:Q", format=",.2f")],
        )
    )


def progress(
    day: str,
    value: str,
    expected: str,
    lower: str,
    upper: str,
    level: str,
    *,
    title: str,
    unit: str,
    names: tuple[str, str, str],
) -> Any:
    """Return what there is, what is expected with its interval, and a dashed level.

    ``names`` are those of the three lines; each has its own colour and dash.
    """
    alt = _alt()
    base = _base()
    colours = dict(zip(names, (BILLED, ESTIMATED, BUDGET), strict=True))
    legend = alt.Legend(orient="bottom", symbolType="stroke", symbolSize=400, labelLimit=400)
    color = {"scale": _scale(colours), "title": None, "legend": legend}
    dash = {
        "scale": alt.Scale(domain=list(names), range=[[1, 0], [2, 2], [8, 4]]),
        "title": None,
        "legend": legend,
    }

    def line(column: str, name: str) -> Any:
        return (
            base.transform_calculate(line=json.dumps(name))
            .mark_line()
            .encode(
                x=_x(day),
                y=_y(column, title, unit),
                color=alt.Color("line:N", **color),
                strokeDash=alt.StrokeDash("line:N", **dash),
            )
        )

    columns = (value, expected, lower, upper, level)
    ends = base.mark_area(opacity=0.2, color=ESTIMATED).encode(
        x=_x(day), y=_y(lower, title, unit), y2=f"{upper}:Q"
    )
    # One point is no line: on the first of a month there is nothing else.
    points = base.mark_point(filled=True, size=30, color=BILLED).encode(
        x=_x(day),
        y=_y(value, title, unit),
        tooltip=[
            alt.Tooltip(f"{day}:T", format="%Y-%m-%d", title="Day"),
            *(alt.Tooltip(f"{column}:Q", format=",.2f") for column in columns),
        ],
    )
    lines_of_all = (
        line(column, name)
        for column, name in zip((level, expected, value), names[::-1], strict=True)
    )
    return alt.layer(ends, *lines_of_all, points).properties(width="container", height=_HEIGHT)


def bars_with_level(
    name: str, value: str, level: str, *, title: str, unit: str, colour: str = BILLED
) -> Any:
    """Return a bar for each name, largest first, and a stroke across it at the level it has.

    Without a value there is no bar and no name: that is not a bar of zero.
    """
    alt = _alt()
    known = f"isValid(datum['{value}'])"
    y = alt.Y(
        f"{name}:N",
        title=None,
        sort=alt.EncodingSortField(field=value, op="max", order="descending"),
        axis=alt.Axis(labelLimit=300),
    )
    base = _base().properties(height={"step": 26}).transform_filter(known)
    drawn = base.mark_bar(color=colour).encode(
        x=alt.X(
            f"{value}:Q",
            title=title,
            axis=alt.Axis(format=_FORMATS[unit], tickCount=8),
            scale=alt.Scale(zero=True),
        ),
        y=y,
        tooltip=[
            f"{name}:N",
            alt.Tooltip(f"{value}:Q", format=_TOLD[unit]),
            alt.Tooltip(f"{level}:Q", format=_TOLD[unit]),
        ],
    )
    strokes = base.mark_tick(
        color=BUDGET, thickness=5, size=24, opacity=1, stroke="white", strokeWidth=1
    ).encode(x=alt.X(f"{level}:Q", title=title), y=y)
    return alt.layer(drawn, strokes).properties(width="container", height={"step": 26})


@cache
def specification(chart: Chart) -> dict[str, Any]:
    """Return the Vega-Lite specification of a chart, without data."""
    made: dict[str, Any] = chart.marks().properties(description=chart.says or chart.title).to_dict()
    made.pop("datasets", None)
    return made
