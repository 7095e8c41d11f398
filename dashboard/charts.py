"""Drawings that several charts share, over data named ``rows``; colours by meaning.

A specification knows no value: it is made once, and what it draws comes with the page.
"""

from __future__ import annotations

import copy
import hashlib
import inspect
import json
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard import kept

if TYPE_CHECKING:
    from dashboard.model import Chart

# By meaning, the same on all pages; distinct in grey too, and beside each other by shape or dash.
BILLED, ESTIMATED, BUDGET = "#2f6fb0", "#b86a1e", "#7a7a7a"
WITH, WITHOUT, UNDETERMINED = "#2f6fb0", "#9aa5b1", "#d9b44a"
WITH_ESTIMATED, RETURNED = "#8fb8e0", "#3b8f7c"
CACHE_READ, CACHE_WRITTEN, NOT_CACHED = "#9aa5b1", "#d9b44a", "#2f6fb0"
BAD = "#b3261e"
# A model's hue is its family's, its shade its place there, newest first: on all pages the same.
_FAMILIES = {
    "opus": ("#3b78c2", "#7fb0e3", "#23528f", "#b9d5f2"),
    "sonnet": ("#2f9e89", "#8ad0c1", "#17695a", "#c2e7de"),
    "haiku": ("#d29a2a", "#f0cd85", "#96680a", "#f8e6c0"),
}
_OTHER_MODELS = ("#8f6cc4", "#c6b2e4", "#5f3f93", "#e3d9f3")
_NO_MODEL = "#9aa5b1"
_CONFIG = {
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 10,
        "labelPadding": 6,
        "ticks": False,
    },
    # How long names may be, in pixels; the script has them shorter on a phone.
    "axisY": {"labelLimit": 320},
    "legend": {
        "labelFontSize": 12,
        "labelLimit": 400,
        "symbolType": "square",
        "columns": 4,
        "rowPadding": 4,
    },
}
_ROWS = "rows"
# A drawing of more names is higher than several screens.
MOST_NAMES = 40
_HEIGHT = 240
_FORMATS = {
    "usd": "$,.0f",
    "ratio": ".0%",
    "count": ",.0f",
    "decimal": ",.1f",
    "tokens": ".2s",
    "hours": ",.0f",
}
_TOLD = _FORMATS | {"usd": "$,.2f", "ratio": ".1%", "hours": ",.1f"}


def _alt() -> Any:
    import altair

    return altair


def _base(row_height: int | None = None) -> Any:
    alt = _alt()
    height = _HEIGHT if row_height is None else alt.Step(row_height)
    return alt.Chart(alt.NamedData(_ROWS)).properties(width="container", height=height)


def _day_hint(day: str) -> Any:
    return _alt().Tooltip(f"{day}:T", format="%Y-%m-%d", title="Day")


def _x(day: str, time_unit: str | None = None, *, in_weeks: bool = False, padding: Any = 14) -> Any:
    alt = _alt()
    unit = {} if time_unit is None else {"timeUnit": time_unit}
    # Vega's own weeks begin on Sunday: those of the rows are named, with room at both ends.
    ticks: dict[str, Any] = {"tickCount": 8}
    if in_weeks:
        ticks = {"values": {"expr": f"pluck(data('{_ROWS}'), '{day}')"}}
    axis = alt.Axis(format="%d %b", labelOverlap=True, title=None, grid=False, **ticks)
    scale = alt.Scale(type="utc", **({"padding": padding} if in_weeks else {}))
    return alt.X(f"{day}:T", scale=scale, axis=axis, **unit)


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
    """Return bars by day, from zero, stacked by a kind; days that are not complete are hatched.

    ``colours`` are those of the kinds, from the lowest of the stack up.
    """
    alt = _alt()
    scale, order = {}, {}
    base = _base()
    if colours:
        scale["scale"] = _colours(colours)
        order["order"] = alt.Order("place_of_kind:Q")
        base = base.transform_calculate(
            place_of_kind=f"indexof({json.dumps(list(colours))}, datum[{json.dumps(by)}])"
        )
    x = _x(day, "utcyearmonthdate")
    bar: dict[str, Any] = {"width": {"band": 0.86}}
    behind: dict[str, Any] = {}
    if width_days > 1:
        # Bars of a week stand on its Monday, each with as much room as the others.
        room = _room(day, width_days)
        x = _x(day, in_weeks=True, padding={"expr": f"{room} / 2"})
        bar = {"size": {"expr": f"min(90, 0.7 * {room})"}}
        behind = {"width": {"expr": f"min(110, 0.9 * {room})"}}
    legend = alt.Legend(orient="bottom")
    bars = base.mark_bar(**bar).encode(
        x=x,
        y=_y(value, title, unit, stack="zero"),
        color=alt.Color(f"{by}:N", title=None, legend=legend, **scale),
        opacity=alt.condition("datum.is_complete === false", alt.value(0.6), alt.value(1)),
        tooltip=[
            _day_hint(day),
            f"{by}:N",
            alt.Tooltip(f"{value}:Q", format=",.2f"),
        ],
        **order,
    )
    hatched = (
        _base()
        .transform_calculate(lacking="datum.is_complete === false ? 1 : 0")
        .transform_aggregate(lacking="max(lacking)", groupby=[day])
        .mark_rect(fill=_hatching(), **behind)
        .encode(x=x, opacity=alt.condition("datum.lacking", alt.value(1), alt.value(0)))
    )
    return alt.layer(hatched, bars).properties(width="container", height=_HEIGHT)


def _hatching() -> Any:
    """Return a fill of slanted stripes; Vega knows no pattern, and gradients with hard edges."""
    count = 48
    stops = []
    for number in range(count):
        colour = "rgba(128, 136, 150, 0.45)" if number % 2 else "rgba(128, 136, 150, 0)"
        stops += [{"offset": end / count, "color": colour} for end in (number, number + 1)]
    return {"gradient": "linear", "x1": 0, "y1": 0, "x2": 0.02, "y2": 1, "stops": stops}


def _room(day: str, width_days: int) -> str:
    """Return how wide the room is of each bar that stands for several days."""
    length = width_days * 86_400_000
    span = f"span(extent(pluck(data('{_ROWS}'), '{day}')))"
    return f"(width * {length} / ({span} + {length}))"


def lines(
    day: str,
    value: str,
    by: str,
    *,
    title: str,
    unit: str,
    hollow: str | None = None,
    in_weeks: bool = False,
    points: bool = True,
) -> Any:
    """Return a line for each kind, with its own colour and dash; a null leaves a gap.

    Points where the column ``hollow`` is true are hollow: they say less.
    """
    alt = _alt()
    legend = alt.Legend(orient="bottom")
    kinds = {"title": None, "sort": None}
    tooltip = [
        _day_hint(day),
        f"{by}:N",
        alt.Tooltip(f"{value}:Q", format=",.2f"),
    ]
    base = _base().encode(x=_x(day, in_weeks=in_weeks), y=_y(value, title, unit), tooltip=tooltip)
    # Lines are read out, and points are not again: where all are null, there is none to be read.
    point = alt.OverlayMarkDef(aria=False) if points and hollow is None else False
    line = base.mark_line(point=point, invalid="break-paths-show-domains").encode(
        color=alt.Color(f"{by}:N", legend=legend, **kinds),
        strokeDash=alt.StrokeDash(f"{by}:N", legend=legend, **kinds),
    )
    if hollow is None:
        return line
    points = base.mark_point(size=50, opacity=1, aria=False).encode(
        stroke=alt.Stroke(f"{by}:N", legend=None, **kinds),
        fill=alt.Fill(f"{by}:N", legend=None, **kinds),
        fillOpacity=alt.condition(f"datum.{hollow}", alt.value(0), alt.value(1)),
    )
    return alt.layer(line, points).properties(width="container", height=_HEIGHT)


def bars(name: str, value: str, *, title: str, unit: str) -> Any:
    """Return a bar for each name, largest first."""
    alt = _alt()
    return (
        _base(22)
        .mark_bar(color=BILLED)
        .encode(
            x=alt.X(f"{value}:Q", title=title, axis=alt.Axis(format=_FORMATS[unit], tickCount=8)),
            y=alt.Y(f"{name}:N", title=None, sort="-x"),
            tooltip=[f"{name}:N", alt.Tooltip(f"{value}:Q", format=",.2f")],
        )
    )


def intervals(
    name: str, value: str, lower: str, upper: str, *, title: str, unit: str, signed: bool = False
) -> Any:
    """Return for each name, in the order of the rows, a point and the interval around it.

    ``signed`` values are differences: the line of no difference is drawn.
    """
    alt = _alt()
    # From zero too: how far a point is from nothing is what is read off.
    axis = alt.Axis(format="+.0%" if signed and unit == "ratio" else _FORMATS[unit])
    scale = alt.Scale(zero=True, **({"padding": 12} if signed else {}))
    base = _base(28).encode(
        y=alt.Y(
            f"{name}:N",
            title=None,
            sort=None,
            axis=alt.Axis(grid=True, ticks=False, domain=False),
        ),
        tooltip=[f"{name}:N", *(f"{column}:Q" for column in (value, lower, upper))],
    )
    x = alt.X(f"{lower}:Q", title=title, axis=axis, scale=scale)
    parts = [
        base.mark_rule(color=WITH, strokeWidth=2).encode(x=x, x2=f"{upper}:Q"),
        *(
            base.mark_tick(color=WITH, thickness=2, size=10).encode(
                x=alt.X(f"{end}:Q", title=title, axis=axis, scale=scale)
            )
            for end in (lower, upper)
        ),
        base.mark_point(color=WITH, filled=True, size=80, opacity=1).encode(
            x=alt.X(f"{value}:Q", title=title, axis=axis, scale=scale)
        ),
    ]
    if signed:
        parts.insert(
            0,
            alt.Chart(alt.NamedData(_ROWS))
            .mark_rule(color=BUDGET, strokeDash=[6, 4])
            .encode(x=alt.datum(0, type="quantitative")),
        )
    return alt.layer(*parts).properties(width="container")


def heat_map(across: str, down: str, value: str, text: str, *, across_title: str) -> Any:
    """Return a cell for each pair, darker for a larger share, with ``text`` in it."""
    alt = _alt()
    base = _base(34).encode(
        x=alt.X(f"{across}:O", title=across_title, axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y(f"{down}:O", title=None),
    )
    cells = base.mark_rect(stroke="#ffffff", strokeWidth=2).encode(
        color=alt.Color(
            f"{value}:Q",
            legend=None,
            scale=alt.Scale(domain=[0, 1], range=["#e8eef6", WITH]),
        ),
        tooltip=[f"{down}:O", f"{across}:O", alt.Tooltip(f"{value}:Q", format=".0%"), f"{text}:N"],
    )
    words = base.mark_text(fontSize=12).encode(
        text=f"{text}:N",
        color=alt.condition(f"datum.{value} > 0.6", alt.value("#ffffff"), alt.value("#1d2430")),
    )
    return alt.layer(cells, words).properties(width="container")


def _colours(colours: Mapping[str, str]) -> Any:
    return _alt().Scale(domain=list(colours), range=list(colours.values()))


def calendar(day: str, row: str, state: str) -> Any:
    """Return a cell for each day and row, its state by colour and, of what lacks, by a letter."""
    alt = _alt()
    states = {
        "complete": WITH,
        "partial": UNDETERMINED,
        "missing": BAD,
        "not read": WITHOUT,
    }
    letter = f"datum.{state} === 'complete' ? '' : slice(datum.{state}, 0, 1)"
    base = (
        _base()
        .transform_calculate(letter=letter)
        .encode(
            x=_x(day, "utcyearmonthdate"),
            y=alt.Y(f"{row}:N", title=None),
        )
    )
    cells = base.mark_rect(stroke="white", strokeWidth=0.5).encode(
        color=alt.Color(
            f"{state}:N",
            title=None,
            scale=_colours(states),
            legend=alt.Legend(orient="bottom"),
        ),
        tooltip=[
            _day_hint(day),
            f"{row}:N",
            f"{state}:N",
        ],
    )
    letters = base.mark_text(color="black", fontSize=9).encode(text="letter:N")
    return alt.layer(cells, letters).properties(width="container", height=alt.Step(26))


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
    legend = alt.Legend(orient="bottom", symbolType="stroke", symbolSize=400)
    color = {"scale": _colours(colours), "title": None, "legend": legend}
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
            _day_hint(day),
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
    )
    base = _base(26).transform_filter(known)
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
    return alt.layer(drawn, strokes).properties(width="container", height=alt.Step(26))


@cache
def specification(chart: Chart) -> dict[str, Any]:
    """Return the Vega-Lite specification of a chart, without data.

    It is kept: the library that makes it takes longer to load than a page to be drawn.
    """
    name = f"chart-{chart.id}-{_version(chart)}.json"
    made: dict[str, Any] = json.loads(kept.text(name, lambda: json.dumps(_specified(chart))))
    return made


def _version(chart: Chart) -> str:
    """Return what tells a drawing from those of other versions of its code."""
    sources = (__file__, str(inspect.getsourcefile(chart.marks)))
    code = b"".join(Path(source).read_bytes() for source in sources)
    return hashlib.sha256(version("altair").encode() + code).hexdigest()[:16]


def _specified(chart: Chart) -> dict[str, Any]:
    made: dict[str, Any] = chart.marks().properties(description=chart.says or chart.title).to_dict()
    made.pop("datasets", None)
    return made


def draws(chart: Chart, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> bool:
    """Say whether a chart has a mark for any row: where no value is known there is none.

    A drawing without a mark says nothing to the eye, and less to a screen reader.
    """
    spec = specification(chart)
    encodings = [part.get("encoding", {}) for part in (spec, *spec.get("layer", ()))]
    places = [one[axis] for one in encodings for axis in ("x", "y") if axis in one]
    measured = {place.get("field") for place in places if place.get("type") == "quantitative"}
    # What is worked out in the drawing itself is of other columns, which are looked at too.
    known = [place for place, name in enumerate(columns) if name in measured]
    return bool(rows) and (
        not known or any(row[place] is not None for row in rows for place in known)
    )


def drawn_of(
    chart: Chart, rows: Sequence[Mapping[str, Any]], models: Iterable[str] = (), **more: Any
) -> dict[str, Any]:
    """Return a chart's specification with its data, and with what ``more`` says.

    A height by rows becomes a number: a drawing as wide as its place cannot be as high as it likes.
    ``models`` are all that the file knows, by which each has its colour.
    """
    spec = copy.deepcopy(specification(chart)) | {"config": _CONFIG} | more
    encodings = [part.get("encoding", {}) for part in (spec, *spec.get("layer", ()))]
    if isinstance(step := spec.get("height"), dict):
        column = next(one["y"]["field"] for one in encodings if "y" in one)
        names = list(dict.fromkeys(row[column] for row in rows))
        if len(names) > MOST_NAMES:
            names = names[:MOST_NAMES]
            rows = [row for row in rows if row[column] in names]
            spec["title"] = f"The first {MOST_NAMES}; all are in the rows"
        spec["height"] = step["step"] * max(1, len(names))
    for one in encodings:
        if one.get("color", {}).get("field") == "model":
            colours = _of_models(models, {row["model"] for row in rows})
            one["color"]["scale"] = {"domain": list(colours), "range": list(colours.values())}
    return spec | {"datasets": {_ROWS: list(rows)}}


def _of_models(known: Iterable[str], there: Set[str]) -> dict[str, str]:
    """Return the colour of each model that is there, families together."""
    colours: dict[str, str] = {}
    for family, shades in (*_FAMILIES.items(), ("", _OTHER_MODELS)):
        rest = sorted(
            (one for one in {*known, *there} if family in one and one not in colours), reverse=True
        )
        colours |= {one: shades[place % len(shades)] for place, one in enumerate(rest)}
    colours["none"] = _NO_MODEL
    return {name: colour for name, colour in colours.items() if name in there}
