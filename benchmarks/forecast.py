"""How often the forecast of a month's end holds what the month then cost, by the SQL of the marts.

    python -m benchmarks forecast

The factor of the interval was set on the organisations of ``DESIGN_SEED``; figures are of others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import jinja2
import numpy as np
import pyarrow as pa

from benchmarks.simulated_costs import WORLDS, World, make

MACRO = Path(__file__).parents[1] / "dbt_project" / "macros" / "month_end_forecast.sql"
DESIGN_SEED, SEED = 1, 2
FIRST, DAYS = date(2025, 1, 1), 365
# Days before are history only; the months forecast are whole.
FORECAST_FROM = date(2025, 3, 1)

JUDGED = """
with forecasts as ({forecasts}),

months as (
    select scope, date_trunc('month', usage_date) as month_start_date, sum(cost_usd) as true_usd
    from costs group by all
)

select
    (day(usage_date) - 1) // 7 + 1 as week,
    count(*) as days,
    avg(cast(true_usd between forecast_lower_cost_usd and forecast_upper_cost_usd as integer))
        as covered,
    avg(abs(forecast_cost_usd - true_usd) / true_usd) as error
from forecasts inner join months using (scope, month_start_date)
where remaining_day_count > 0 and forecast_cost_usd is not null and true_usd > 0
group by rollup (week)
order by week nulls first
"""


@dataclass(frozen=True)
class Coverage:
    """Shares of forecasts whose interval holds the month's cost, and their mean absolute error.

    ``by_week`` is of the weeks of a month, from its first seven days. ``error`` is a share of the
    month's cost.
    """

    days: int
    covered: float
    error: float
    by_week: Mapping[int, float]


def simulated(world: World, *, organisations: int, seed: int) -> pa.Table:
    """Return scope, usage_date, cost_usd and valid_from of so many organisations and a year."""
    rng = np.random.default_rng(seed)
    dates = [FIRST + timedelta(day) for day in range(DAYS)]
    costs = np.concatenate([make(world, FIRST, DAYS, rng) for _ in range(organisations)])
    return pa.table(
        {
            "scope": np.repeat(np.arange(organisations), DAYS),
            "usage_date": pa.array(dates * organisations),
            "cost_usd": costs,
            "valid_from": pa.array([FORECAST_FROM] * len(costs)),
        }
    )


def of_all_worlds(*, organisations: int, seed: int) -> pa.Table:
    """Return the costs of so many organisations of each world."""
    made = [simulated(one, organisations=organisations, seed=seed) for one in WORLDS.values()]
    together = pa.concat_tables(made)
    scopes = np.repeat(np.arange(len(made) * organisations), DAYS)
    return together.set_column(0, "scope", pa.array(scopes))


def judge(costs: pa.Table) -> Coverage:
    """Forecast each day's month of daily ``costs``, and hold it against what the month cost."""
    macros = jinja2.Environment().from_string(MACRO.read_text()).module
    forecasts = macros.month_end_forecast("costs", "days", "scope")  # type: ignore[attr-defined]
    with duckdb.connect() as connection:
        connection.register("given", costs)
        connection.execute(
            "create table costs as"
            " select * replace (cast(cost_usd as decimal(18, 6)) as cost_usd) from given"
        )
        connection.execute("create table days as select distinct usage_date from costs")
        rows = connection.execute(JUDGED.format(forecasts=forecasts)).fetchall()
    (_, days, covered, error), *weeks = rows
    return Coverage(days, covered, error, {week: share for week, _, share, _ in weeks})
