"""The weekly digest: what a week cost and shipped, of everything or of one team, with two charts.

Figures, charts and what needs attention are the dashboard's own declarations, read for the week.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from alerts.facts import Source
from alerts.routes import Letter, Picture
from alerts.words import one_line, slack_text
from dashboard import charts, render
from dashboard.attention import FACTS
from dashboard.model import Chart
from dashboard.pages import contribution, overview

# A week of seven days, from Monday.
_WEEK = timedelta(6)
# The weeks that the charts show, the last of them the digest's.
_WEEKS_DRAWN = 6
_MOST_FACTS = 8
_FIGURES = (overview.BILLED, contribution.MERGED_WITH_CLAUDE, overview.PEOPLE)
_OF_ALL = (overview.FORECAST,)
_CHARTS = (overview.COST_BY_MODEL, contribution.BY_WEEK)
_WIDTH = 640


@dataclass(frozen=True)
class Digest:
    """A week of everything (``team`` None) or of a team, in words; ``week`` is its Monday."""

    week: date
    team: str | None
    letter: Letter

    @property
    def key(self) -> str:
        """Return what it is noted as when it was delivered."""
        return f"digest|{self.week}|{self.team or ''}"


def last_week(of: Source) -> date | None:
    """Return the Monday of the last week that ends within the file's days; None before one has."""
    # Back to the last Sunday, which may be the last day, and to its Monday.
    monday = of.known.last - timedelta((of.known.last.weekday() + 1) % 7) - _WEEK
    return monday if monday >= of.known.first else None


def teams(of: Source) -> frozenset[str]:
    """Return the teams that the file knows."""
    named = of.generation.query("select team_name from dim_teams").rows
    return frozenset({*of.known.values["team"], *(str(name) for (name,) in named)})


def digest(of: Source, team: str | None, dashboard_url: str) -> Digest | None:
    """Return the digest of the last whole week; None before there is one."""
    week = last_week(of)
    if week is None:
        return None
    asked = {**of.chosen.chosen, **({"team": team} if team else {})}
    chosen = replace(of.chosen, first=week, last=week + _WEEK, chosen=asked)
    of = replace(of, chosen=chosen)
    title = f"Claude Code, week from {week}{f': {one_line(team)}' if team else ''}"
    lines = list(_lines(of, team))
    facts = list(_facts(of))
    link = of.link(dashboard_url, "overview")
    pictures = [picture for one in _CHARTS if (picture := _drawn(one, of, week))]
    as_of = f"As of {of.published_at:%Y-%m-%d %H:%M} UTC. Days are UTC."
    letter = Letter(
        f"digest|{week}|{team or ''}|{of.published_at}",
        title,
        _plain(title, lines, facts, link, as_of),
        _markup(title, lines, facts, link, as_of, pictures),
        _slack(title, lines, facts, link, as_of),
        {
            "type": "digest",
            "timestamp": f"{of.now:%Y-%m-%dT%H:%M:%SZ}",
            "data": {
                "week_start_date": str(week),
                "team": team,
                "figures": [
                    dict(zip(("name", "value", "detail"), one, strict=True)) for one in lines
                ],
                "attention": facts,
                "as_of": f"{of.published_at:%Y-%m-%dT%H:%M:%SZ}",
                "link": link or None,
            },
        },
        pictures,
    )
    return Digest(week, team, letter)


def _lines(of: Source, team: str | None) -> Iterator[tuple[str, str, str]]:
    """Yield title, value and what is beside it, of each figure."""
    for one in (*_FIGURES, *(() if team else _OF_ALL)):
        shown = render.figure(one, of.generation, of.chosen, of.known)
        beside = "; ".join(filter(None, (shown.bounds, shown.detail, shown.change)))
        yield one_line(shown.figure.title), one_line(shown.value), one_line(beside)


def _facts(of: Source) -> list[str]:
    team = of.chosen.variables()["team"]
    rows = of.generation.query(FACTS, of.variables(str(team) if team else None)).dicts()
    lines = [
        one_line(f"{row['what']}: {row['why']}" + (f"; {row['driver']}" if row["driver"] else ""))
        for row in rows
        if row["kind"] in ("budget_exhausted", "budget_forecast", "cost_anomaly")
        or (row["kind"] == "data_failed" and not team)
    ]
    more = [f"and {len(lines) - _MOST_FACTS} more"] if len(lines) > _MOST_FACTS else []
    return [*lines[:_MOST_FACTS], *more]


def _drawn(chart: Chart, of: Source, week: date) -> Picture | None:
    """Return a chart of the weeks up to the digest's; None where there is nothing to draw."""
    import vl_convert

    first = max(of.known.first, week - timedelta(7 * (_WEEKS_DRAWN - 1)))
    answer = of.generation.query(chart.sql, replace(of.chosen, first=first).variables())
    if not answer.rows:
        return None
    spec = charts.drawn_of(chart, render.values(answer), of.known.values["model"], width=_WIDTH)
    return Picture(chart.id, vl_convert.vegalite_to_png(spec, scale=2), chart.title, chart.says)


def _plain(title: str, lines: list[tuple[str, str, str]], facts: list[str], *ends: str) -> str:
    figures = [
        f"  {name}: {value}{f' ({beside})' if beside else ''}" for name, value, beside in lines
    ]
    attention = ["", "What needs attention:", *(f"  - {one}" for one in facts)] if facts else []
    return "\n".join([title, "", *figures, *attention, "", *filter(None, ends)]) + "\n"


def _slack(
    title: str, lines: list[tuple[str, str, str]], facts: list[str], link: str, as_of: str
) -> Mapping[str, Any]:
    block = slack_text(_plain(title, lines, facts, as_of)).replace("`", "'")
    return {"text": f"```\n{block}```{f'{chr(10)}{slack_text(link)}' if link else ''}"}


def _markup(
    title: str,
    lines: list[tuple[str, str, str]],
    facts: list[str],
    link: str,
    as_of: str,
    pictures: list[Picture],
) -> str:
    text = html.escape
    figures = "".join(
        f"<tr><th align='left'>{text(name)}</th><td><b>{text(value)}</b></td>"
        f"<td>{text(beside)}</td></tr>"
        for name, value, beside in lines
    )
    items = "".join(f"<li>{text(one)}</li>" for one in facts)
    attention = f"<h3>What needs attention</h3><ul>{items}</ul>" if facts else ""
    drawn = "".join(
        f"<h3>{text(one.title)}</h3>"
        f"<p><img src='cid:{text(one.name)}' width='{_WIDTH}' alt='{text(one.says)}'></p>"
        for one in pictures
    )
    opened = f"<p><a href='{text(link)}'>Open the dashboard</a></p>" if link else ""
    return (
        f"<h2>{text(title)}</h2><table cellpadding='4'>{figures}</table>{attention}{drawn}{opened}"
        f"<p>{text(as_of)}</p>"
    )
