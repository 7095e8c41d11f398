"""Suites of the marts that answer questions: who costs what, why, and how far it can be trusted.

What dbt tests of them, row by row and against their parents, is not repeated. Here they are held
against the raw answers, and against what they reported before.
"""

from __future__ import annotations

from data_quality.checks import RowsCheck, Suite
from data_quality.registers import WITHOUT_DAYS
from data_quality.suites.building import cost_agrees_with_raw, row_count

_COSTS = "fct_cost_attribution_daily"
_DAYS_REPORTED = (
    f"select count(distinct window_key) from raw_ledger where source not in ({WITHOUT_DAYS})"
    " and window_start is not null and status = 'complete'"
)


_ATTRIBUTION_SUITE = Suite(
    _COSTS,
    (
        row_count(
            at_least="select least(1, coalesce(sum(result_count), 0)) from raw_cost_days",
            at_most="select case when coalesce(sum(result_count), 0) = 0 then 0 end"
            " from raw_cost_days",
            description="There are rows when there are raw results of cost, and none without.",
        ),
        cost_agrees_with_raw(
            name="allocated_cost_agrees_with_raw_by_day",
            description="What is allocated of a day, the unallocated rest with it, adds up to the"
            " raw cents of the one report that the day is taken from.",
            key="usage_date, cost_source",
            mart=_COSTS,
            column="allocated_cost_usd",
            raw="raw_cost_days",
            raw_column="billed_cost_cents",
            items="result_count",
        ),
        RowsCheck(
            name="most_cost_is_allocated",
            description="At most half of a month's cost is unallocated. If more is, load the usage"
            " reports of the same days: without them nothing says who caused a line.",
            blocking=False,
            rows=f"""
select
    cast(date_trunc('month', usage_date) as date) as month_start_date,
    sum(abs(allocated_cost_usd)) as cost_usd,
    coalesce(sum(abs(allocated_cost_usd)) filter (allocation_method = 'unallocated'), 0)
        as unallocated_cost_usd,
    'load the usage reports of these days: claude-usage run --start' as what_to_do,
    unallocated_cost_usd * 2 <= cost_usd as holds,
from marts.{_COSTS}
where is_complete_day
group by month_start_date
""",
        ),
    ),
    keys=("usage_date", "cost_source", "workspace_id", "model"),
)

_RECONCILIATION_SUITE = Suite(
    "cost_reconciliation_daily",
    (
        row_count(
            at_least="select least(1, coalesce(sum(result_count), 0)) from raw_cost_days",
            at_most="select null::bigint",
            description="There are rows when there are raw results of cost.",
        ),
        RowsCheck(
            name="most_of_the_difference_to_list_prices_is_explained",
            description="What is unexplained between list prices and a month's bill is at most a"
            " twentieth of the bill. If it is more, renew the list prices (make prices), or look"
            " for models with status unexplained.",
            blocking=False,
            rows="""
select
    cast(date_trunc('month', usage_date) as date) as month_start_date,
    organization_kind,
    sum(abs(billed_token_cost_usd)) as billed_usd,
    coalesce(sum(abs(unexplained_usd)), 0) as unexplained_usd_of_month,
    'renew the list prices: make prices' as what_to_do,
    unexplained_usd_of_month * 20 <= billed_usd as holds,
from marts.cost_reconciliation_daily
where is_complete_day and billed_token_cost_usd is not null
group by month_start_date, organization_kind
""",
        ),
    ),
    keys=("usage_date", "organization_kind", "model"),
)

_COVERAGE_SUITE = Suite(
    "coverage_daily",
    (
        row_count(
            at_least=_DAYS_REPORTED,
            at_most="select null::bigint",
            description="There is a row for each day of which a report is complete.",
        ),
        RowsCheck(
            name="no_report_lags_behind_the_others",
            description="The last complete day of each report that is read is at most three days"
            " before that of the newest. If one lags, see claude-usage status for why, and read"
            " it again with claude-usage run.",
            blocking=False,
            rows="""
with statuses as (
    unpivot (select usage_date, columns('(console|enterprise)_.*_status') from marts.coverage_daily)
    on columns(* exclude (usage_date)) into name report value day_status
),
last_days as (
    select report, max(usage_date) filter (day_status = 'complete') as last_complete_date
    from statuses group by report having bool_or(day_status <> 'not_read')
)
select
    report,
    last_complete_date,
    max(last_complete_date) over () as newest_date,
    'see claude-usage status, then claude-usage run' as what_to_do,
    last_complete_date >= newest_date - 3 as holds,
from last_days
""",
        ),
        RowsCheck(
            name="days_with_a_bill_have_people",
            description="On each complete day that Claude Code is billed for, its activity report"
            " names somebody. People who sign in with a seat are missing from the report of a"
            " Console organisation: their days are not days off.",
            blocking=False,
            rows="""
select
    usage_date,
    billed_claude_code_usd,
    billed_claude_code_without_people_usd,
    'people who sign in with a seat are not in the report: this is no day off' as what_to_do,
    coalesce(billed_claude_code_without_people_usd = 0, true) as holds,
from marts.coverage_daily
""",
        ),
    ),
    keys=("usage_date",),
)

_ADOPTION_SUITE = Suite(
    "adoption_daily",
    (
        row_count(
            at_least="select least(1, coalesce(sum(record_count), 0)) from raw_claude_code_days",
            at_most="select null::bigint",
            description="There are rows when there are raw records of Claude Code.",
        ),
        RowsCheck(
            name="active_people_do_not_drop_at_once",
            description="Of ten or more people active over seven days at least half are so a week"
            " later, on each of the last seven days. If not, and there was no holiday, see"
            " unmapped_identities and claude-usage status: people may have lost their names or"
            " days their records.",
            blocking=False,
            rows="""
with days as (
    select organization_id, usage_date, active_7d_count
    from marts.adoption_daily where team_name = 'all' and active_7d_count is not null
),
compared as (
    select
        days.*,
        max(days.usage_date) over (partition by days.organization_id) as last_date,
        before.active_7d_count as active_7d_count_before,
    from days
    join days as before
        on days.organization_id = before.organization_id
        and days.usage_date = before.usage_date + 7
)
select
    organization_id,
    usage_date,
    active_7d_count,
    active_7d_count_before,
    'see unmapped_identities and claude-usage status' as what_to_do,
    active_7d_count_before < 10 or active_7d_count * 2 >= active_7d_count_before as holds,
from compared
where usage_date > last_date - 7
""",
        ),
    ),
    keys=("organization_id", "usage_date", "team_name"),
)

SUITES = (_ATTRIBUTION_SUITE, _RECONCILIATION_SUITE, _COVERAGE_SUITE, _ADOPTION_SUITE)
