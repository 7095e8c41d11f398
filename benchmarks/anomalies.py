"""How many planted jumps in cost are an alarm, and how many days without one are, by the SQL of the
marts.

    python -m benchmarks anomalies

The thresholds were set on the organisations of ``DESIGN_SEED``; figures are of others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import jinja2
import numpy as np
import pyarrow as pa

from benchmarks.simulated_people import make

MACROS = Path(__file__).parents[1] / "dbt_project" / "macros"
FILES = ("costs_before.sql", "cost_baselines.sql", "cost_alarms.sql")
DESIGN_SEED, SEED = 1, 12
FIRST, DAYS = date(2025, 1, 1), 365
# What an alarm is built of: baselines of 56 days, of the 70 days before it.
DAYS_BEFORE = 126
FACTORS = (1.5, 2, 4, 10, 20)
LENGTHS = (1, 3)
# Jumps are planted in some of an organisation's scopes of each kind: people are many.
PLANTED_IN = 12

PLANTED = """
create table planted as
with in_use as (
    select
        *,
        lead(usage_date) over scope as second_date,
        lead(usage_date, 2) over scope as third_date
    from costs window scope as (partition by scope_type, scope_id order by usage_date)
),

starts as (
    select scope_type, scope_id, usage_date as start_date, second_date, third_date
    from in_use inner join chosen using (scope_type, scope_id)
    where usage_date >= $first + $days_before and third_date is not null
    -- Any day, whatever it cost.
    qualify row_number() over (
        partition by scope_type, scope_id order by md5(concat(scope_id, usage_date))
    ) = 1
)

select
    *,
    row_number() over (order by scope_type, scope_id, factor, length) as jump_id,
    if(length = 1, start_date, third_date) as end_date
from starts cross join unnest($factors) as factors (factor)
cross join unnest($lengths) as lengths (length);

create table jumps as
select
    scope_type,
    jump_id as scope_id,
    cast(
        cost_usd * if(usage_date between start_date and end_date, factor, 1) as decimal(18, 6)
    ) as cost_usd,
    usage_date
from costs inner join planted using (scope_type, scope_id)
where usage_date between start_date - $days_before and second_date;
"""

FOUND = """
select scope_type, length, factor, avg(cast(is_found as integer)) as found
from (
    select
        planted.*,
        count(jump_alarms.usage_date) > 0 as is_found
    from planted
    left join jump_alarms
        on
            planted.scope_type = jump_alarms.scope_type
            and planted.jump_id = jump_alarms.scope_id
            and jump_alarms.usage_date between planted.start_date and planted.second_date
    group by all
)
group by scope_type, length, factor
order by scope_type, length, factor
"""

FALSE = """
select
    scope_type,
    any_value(scopes.number) * $judged_days / (365 / 12) as months,
    count(cost_alarms.usage_date) as alarms
from (select scope_type, count(distinct scope_id) as number from costs group by all) as scopes
left join cost_alarms using (scope_type)
group by scope_type
order by scope_type
"""


@dataclass(frozen=True)
class Errors:
    """Of one kind of scope: shares of jumps found, by length in days and factor, and false alarms.

    A jump is found by an alarm on its first day or the next day in use.
    """

    found: Mapping[tuple[int, float], float]
    false_alarms: int
    months: float

    @property
    def per_100_months(self) -> float:
        return 100 * self.false_alarms / self.months


def simulated(*, organisations: int, seed: int) -> tuple[pa.Table, pa.Table]:
    """Return a year's costs of so many organisations, and the scopes that get jumps."""
    rng = np.random.default_rng(seed)
    dates = np.arange(np.datetime64(FIRST, "D"), np.datetime64(FIRST, "D") + DAYS)
    costs: list[pa.Table] = []
    chosen: list[tuple[str, int]] = []
    number = 0
    for _ in range(organisations):
        planted: dict[str, int] = {}
        for scope in make(FIRST, DAYS, rng):
            number += 1
            used = scope.usd > 0
            costs.append(_rows(scope.scope_type, number, scope.usd[used], dates[used]))
            planted[scope.scope_type] = planted.get(scope.scope_type, 0) + 1
            if planted[scope.scope_type] <= PLANTED_IN:
                chosen.append((scope.scope_type, number))
    names, numbers = zip(*chosen, strict=True)
    return pa.concat_tables(costs), pa.table({"scope_type": names, "scope_id": numbers})


def _rows(scope_type: str, number: int, usd: object, dates: object) -> pa.Table:
    costs = pa.array(usd)
    return pa.table(
        {
            "scope_type": pa.repeat(scope_type, len(costs)),
            "scope_id": pa.repeat(number, len(costs)),
            "cost_usd": costs,
            "usage_date": pa.array(dates),
        }
    )


def judge(*, organisations: int, seed: int) -> dict[str, Errors]:
    """Return what is found, and what is raised for nothing, by kind of scope."""
    costs, chosen = simulated(organisations=organisations, seed=seed)
    with duckdb.connect() as connection:
        connection.register("given", costs)
        connection.register("chosen", chosen)
        connection.execute(
            "create table costs as"
            " select * replace (cast(cost_usd as decimal(18, 6)) as cost_usd) from given"
        )
        asked = {"days_before": DAYS_BEFORE, "factors": FACTORS, "lengths": LENGTHS, "first": FIRST}
        for statement in PLANTED.split(";")[:-1]:
            needed = {name: value for name, value in asked.items() if f"${name}" in statement}
            connection.execute(statement, needed)
        _raise(connection, "jump_alarms", of="jumps", judged="true")
        # The same days that jumps are planted on.
        judged = f"usage_date >= date '{FIRST}' + {DAYS_BEFORE}"
        _raise(connection, "cost_alarms", of="costs", judged=judged)
        found: dict[str, dict[tuple[int, float], float]] = {}
        for scope_type, length, factor, share in connection.execute(FOUND).fetchall():
            found.setdefault(scope_type, {})[length, float(factor)] = share
        false = connection.execute(FALSE, {"judged_days": DAYS - DAYS_BEFORE}).fetchall()
    return {kind: Errors(found[kind], alarms, months) for kind, months, alarms in false}


def _raise(connection: duckdb.DuckDBPyConnection, name: str, *, of: str, judged: str) -> None:
    macros = jinja2.Environment().from_string(_macros()).module
    scope = "scope_type, scope_id"
    baselines = macros.cost_baselines(of, scope, "true")  # type: ignore[attr-defined]
    alarms = macros.cost_alarms("baselines", scope)  # type: ignore[attr-defined]
    connection.execute(
        f"create table {name} as with baselines as materialized ({baselines})"
        # No tokens are simulated, so that nothing is explained by the cache.
        f" select * from ({alarms}) where not needs_cause and {judged}"
    )


def _macros() -> str:
    return "".join((MACROS / file).read_text() for file in FILES)
