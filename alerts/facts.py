"""The kinds of facts that alerts tell, read from one published file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from alerts.config import Rule, Severity
from dashboard import filters, render
from dashboard.attention import FACTS, NEAR_LIMIT
from dashboard.store import Generation, Value
from dashboard.viewers import EVERYBODY

# What is older is no news, also to a route that is new.
DAYS = 7
_CRITICAL = frozenset({"exhausted", "critical", "failed"})

# One row a source: how many hours ago anything of it was read whole. Told again after two days,
# four, eight.
_STALE = """
    select
        'data_stale' as kind,
        cast(max(last_fetched_at) as date) as day,
        'critical' as level,
        'data of ' || source_system as what,
        'nothing was read whole since '
            || strftime(max(last_fetched_at), '%Y-%m-%d %H:%M') || ' UTC' as why,
        cast(null as varchar) as driver,
        cast(null as varchar) as team_name,
        source_system as identity,
        epoch(cast(getvariable('now') as timestamp) - max(last_fetched_at)) / 3600 as measure,
        cast(floor(log2(greatest(measure / 24, 1))) as bigint) as grade
    from data_completeness
    where is_complete
    group by source_system
"""
# An endpoint that fails is one fact, however many of its days do.
_FAILED = f"""
    select
        kind,
        max(day) as day,
        case when bool_or(level = 'failed') then 'warning' else 'partial' end as level,
        any_value(what) as what,
        count(*) || ' of the days or repositories read are failed or not whole' as why,
        any_value(driver) as driver,
        any_value(team_name) as team_name,
        identity,
        cast(count(*) as double) as measure,
        cast(floor(log2(count(*))) as bigint) as grade
    from ({FACTS})
    where kind = 'data_failed'
    group by kind, identity
"""


# What a file says of what is no fact any more, as it would be told to be resolved.
_OF_BUDGETS = """
    select
        concat_ws('|', budget_source, scope_type, scope_id, month_start_date) as identity,
        'budget of ' || coalesce(scope_name, display_name, scope_id) as what,
        replace(budget_status, '_', ' ') || coalesce(
            format(': forecast ${:,.0f} of ${:,.0f}', forecast_cost_usd, budget_usd), ''
        ) as why
    from budget_status_daily
    left join dim_people on scope_type = 'person' and scope_id = person_key
    -- One that is used up is no longer about to be.
    where budget_status not in ('exhausted', 'undetermined')
        and usage_date = (select max(usage_date) from budget_status_daily)
"""
_OF_SOURCES = """
    select
        source_system as identity,
        'data of ' || source_system as what,
        'read again, last ' || strftime(max(last_fetched_at), '%Y-%m-%d %H:%M') || ' UTC' as why
    from data_completeness
    where is_complete
    group by source_system
"""
_OF_ENDPOINTS = """
    select
        concat_ws('|', source_system, endpoint) as identity,
        'data: ' || endpoint as what,
        'all of it is whole' as why
    from data_completeness
    group by source_system, endpoint
    having bool_and(is_complete)
"""
_OF_CHECKS = """
    select
        concat_ws('|', source, table_name, check_name) as identity,
        'check' || coalesce(' of ' || table_name, '') || ': ' || replace(check_name, '_', ' ')
            as what,
        'holds again' as why
    from quality.checks
    where is_passed
"""
_OF_LIMITS = """
    select
        concat_ws('|', workspace_id, rate_limit_id, limit_type) as identity,
        'rate limit ' || replace(limit_type, '_', ' ') || ' of '
            || coalesce(rate_limit_name, rate_limit_id) as what,
        format('the busiest minute used {:.0f} %', 100 * limit_used_ratio) as why
    from token_rate_headroom
    where usage_date = (select max(usage_date) from token_rate_headroom)
"""
_OF_MACHINES = """
    select
        machine_key as identity,
        'telemetry of ' || coalesce(display_name, 'a machine of nobody who is known') as what,
        'it sends again' as why
    from telemetry_machines
    left join dim_people using (person_key)
    where not is_silent
"""


@dataclass(frozen=True)
class Kind:
    """A kind of fact: ``page`` and ``part`` are where the dashboard shows it.

    ``definition`` is the column whose comment defines it. ``judged`` answers ``identity``, ``what``
    and ``why`` of all that the file says something of now: what was told, is judged and is no fact
    any more, is resolved. Without ``judged`` a fact is an event, which nothing resolves.
    """

    title: str
    page: str
    part: str
    definition: str
    judged: str | None
    # What the measure must reach, unless the rule says so.
    threshold: float | None = None
    sql: str = FACTS
    # Of all days: what is wrong with an old one is still wrong.
    is_of_all_days: bool = False


KINDS: Mapping[str, Kind] = {
    "budget_forecast": Kind(
        "Budget will be exceeded",
        "cost",
        "budget",
        "budget_status_daily.forecast_cost_usd",
        _OF_BUDGETS,
        1.0,
    ),
    "budget_exhausted": Kind(
        "Budget is used up",
        "cost",
        "budget",
        "budget_status_daily.actual_cost_usd",
        _OF_BUDGETS,
        1.0,
    ),
    "cost_anomaly": Kind(
        "Cost out of the usual",
        "cost",
        "cost_anomalies",
        "cost_anomalies_daily.expected_cost_usd",
        None,
    ),
    "data_stale": Kind(
        "Data is stale",
        "health",
        "as_of",
        "data_completeness.last_fetched_at",
        _OF_SOURCES,
        30.0,
        _STALE,
    ),
    "data_failed": Kind(
        "Data is not whole",
        "health",
        "problems",
        "data_completeness.completeness_status",
        _OF_ENDPOINTS,
        sql=_FAILED,
        is_of_all_days=True,
    ),
    "check_failed": Kind(
        "A check does not hold",
        "health",
        "checks",
        "quality.checks.is_passed",
        _OF_CHECKS,
    ),
    "rate_headroom": Kind(
        "Close to a rate limit",
        "efficiency",
        "rate_headroom",
        "token_rate_headroom.limit_used_ratio",
        _OF_LIMITS,
        NEAR_LIMIT,
    ),
    "machine_silent": Kind(
        "A machine stopped sending telemetry",
        "health",
        "machines",
        "telemetry_machines.is_silent",
        _OF_MACHINES,
    ),
}


@dataclass(frozen=True)
class Fact:
    """One fact that a rule lets through; ``why`` has figures with their units."""

    kind: str
    identity: str
    grade: int
    severity: Severity
    day: date | None
    what: str
    why: str
    driver: str | None
    team: str | None


@dataclass(frozen=True)
class Source:
    """One published file as alerts look at it: when, from and to which day, and as of when."""

    generation: Generation
    now: datetime
    chosen: filters.Filters
    known: filters.Choices
    published_at: datetime

    def variables(self, team: str | None = None) -> dict[str, Value]:
        """Return what SQL reads."""
        at = self.now.replace(tzinfo=None).isoformat(sep=" ")
        return {**self.chosen.variables(), "team": team, "now": at}

    def definition(self, of: str) -> str:
        """Return the comment of a column of the file."""
        return render.definition(of, self.generation)

    def link(self, base: str, page: str, part: str = "", team: str | None = None) -> str:
        """Return the address of a part of the dashboard with filters; empty without ``base``."""
        if not base:
            return ""
        address = self.chosen.address(**({"team": team} if team else {}))
        return f"{base}/{page}?{address}{'#' if part else ''}{part}"


def source(generation: Generation, now: datetime) -> Source | None:
    """Return a file's last `DAYS` days; None where it has none. ``now`` is UTC."""
    known = filters.choices(generation, EVERYBODY)
    if known is None:
        return None
    first = max(known.first, known.last - timedelta(DAYS - 1))
    chosen = filters.read({"from": str(first), "to": str(known.last)}, known)
    ((published_at,),) = generation.query("select published_at from quality.published_file").rows
    assert isinstance(published_at, datetime)
    return Source(generation, now, chosen, known, published_at)


def facts(of: Source, rule: Rule) -> list[Fact]:
    """Return the facts of a rule: of everything, or of each of its teams what is that team's.

    What is critical comes first, then by what it is of.
    """
    found = [one for team in rule.teams or (None,) for one in _facts(of, rule, team)]
    return sorted(found, key=lambda one: (one.severity, one.what, one.identity))


def resolved(of: Source, kind: str) -> dict[str, Fact]:
    """Return by identity what a file says now of all that it judges, facts or not."""
    sql = KINDS[kind].judged
    if sql is None:
        return {}
    rows = of.generation.query(sql).rows
    return {
        str(identity): Fact(
            kind, str(identity), 0, "warning", None, str(what), str(why), None, None
        )
        for identity, what, why in rows
    }


def _facts(of: Source, rule: Rule, team: str | None) -> Iterator[Fact]:
    kind = KINDS[rule.alert]
    threshold = kind.threshold if rule.threshold is None else rule.threshold
    variables = of.variables(team)
    if kind.is_of_all_days:
        variables["first_day"] = of.known.first
    for row in of.generation.query(kind.sql, variables).dicts():
        if row["kind"] != rule.alert or (team is not None and row["team_name"] != team):
            continue
        measure = row["measure"]
        if threshold is not None and (not isinstance(measure, float) or measure < threshold):
            continue
        severity: Severity = "critical" if row["level"] in _CRITICAL else "warning"
        severity = rule.severity or severity
        if not rule.severities or severity in rule.severities:
            yield _fact(row, severity)


def _fact(row: Mapping[str, object], severity: Severity) -> Fact:
    day, grade = row["day"], row["grade"]
    assert isinstance(grade, int)
    return Fact(
        str(row["kind"]),
        str(row["identity"]),
        grade,
        severity,
        day if isinstance(day, date) else None,
        str(row["what"]),
        str(row["why"] or ""),
        str(row["driver"]) if row["driver"] else None,
        str(row["team_name"]) if row["team_name"] else None,
    )
