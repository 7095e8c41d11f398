"""Drawings that several charts share, over data named ``rows``; colours by meaning.

A specification knows no value: it is made once, and what it draws comes with the page.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dashboard.model import Chart

# By meaning, the same on all pages; told apart in grey too, and beside each other by shape or dash.
BILLED, ESTIMATED, BUDGET = "#2f6fb0", "#b86a1e", "#7a7a7a"
WITH, WITHOUT, UNDETERMINED = "#2f6fb0", "#9aa5b1", "#d9b44a"
BAD = "#b3261e"
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


def _y(column: str, title: str, unit: str, **more: Any) -> Any:
    alt = _alt()
    formats = {"usd": "$,.0f", "ratio": ".0%", "count": ",.0f", "tokens": ".2s", "hours": ",.0f"}
    return alt.Y(
        f"{column}:Q",
        title=title,
        axis=alt.Axis(format=formats[unit]),
        scale=alt.Scale(zero=True),
        **more,
    )


def stacked_days(
    day: str, value: str, by: str, *, title: str, unit: str, width_days: int = 1
) -> Any:
    """Return bars by day, from zero, stacked by a kind; days that are not complete are pale."""
    alt = _alt()
    # Vega's own weeks begin on Sunday: bars of a week stand on its Monday, and are wider.
    bar: dict[str, Any] = {"width": {"band": 0.86}} if width_days == 1 else {"size": 3 * width_days}
    return (
        _base()
        .mark_bar(**bar)
        .encode(
            x=_x(day, "utcyearmonthdate"),
            y=_y(value, title, unit, stack="zero"),
            color=alt.Color(f"{by}:N", title=None, legend=alt.Legend(orient="bottom")),
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
    legend = alt.Legend(orient="bottom")
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
    formats = {"usd": "$,.0f", "ratio": ".0%", "count": ",.0f", "tokens": ".2s", "hours": ",.0f"}
    return (
        alt.Chart(alt.NamedData(_ROWS))
        .mark_bar(color=BILLED)
        .properties(
            width="container", height=alt.Step(22), autosize=alt.AutoSizeParams(type="fit-x")
        )
        .encode(
            x=alt.X(f"{value}:Q", title=title, axis=alt.Axis(format=formats[unit])),
            y=alt.Y(f"{name}:N", title=None, sort="-x", axis=alt.Axis(labelLimit=220)),
            tooltip=[f"{name}:N", alt.Tooltip(f"{value}:Q", format=",.2f")],
        )
    )


def calendar(day: str, row: str, state: str) -> Any:
    """Return a cell for each day and row, its state by colour and, of what lacks, by a letter."""
    alt = _alt()
    states = ["complete", "partial", "missing", "not read"]
    letter = f"datum.{state} === 'complete' ? '' : slice(datum.{state}, 0, 1)"
    base = (
        _base()
        .transform_calculate(letter=letter)
        .encode(
            x=_x(day, "utcyearmonthdate"),
            y=alt.Y(f"{row}:N", title=None, axis=alt.Axis(labelLimit=220)),
        )
    )
    cells = base.mark_rect(stroke="white", strokeWidth=0.5).encode(
        color=alt.Color(
            f"{state}:N",
            title=None,
            scale=alt.Scale(domain=states, range=[WITH, UNDETERMINED, BAD, WITHOUT]),
            legend=alt.Legend(orient="bottom"),
        ),
        tooltip=[
            alt.Tooltip(f"{day}:T", format="%Y-%m-%d", title="Day"),
            f"{row}:N",
            f"{state}:N",
        ],
    )
    letters = base.mark_text(color="black", fontSize=9).encode(text="letter:N")
    return alt.layer(cells, letters).properties(
        width="container", height=alt.Step(26), autosize=alt.AutoSizeParams(type="fit-x")
    )


@cache
def specification(chart: Chart) -> dict[str, Any]:
    """Return the Vega-Lite specification of a chart, without data."""
    made: dict[str, Any] = chart.marks().properties(description=chart.says or chart.title).to_dict()
    made.pop("datasets", None)
    return made
