"""Suites of the message usage and billed cost marts."""

from __future__ import annotations

from data_quality.checks import RowsCheck, Suite
from data_quality.registers import REPORTS, endpoints_of
from data_quality.suites.building import (
    agrees_with_raw,
    amounts_are_in_us_dollars,
    cost_agrees_with_raw,
    days_within_loaded_windows,
    not_negative,
    one_of,
    row_count,
    rows_from,
)

_MESSAGES = "fct_message_usage_daily"
_COSTS = "fct_billed_costs_daily"

# Days of the reports whose figures are kept as they were.
_FOLLOWED = ", ".join(f"'{report.table.name}'" for report in REPORTS if report.is_followed)
_OF_FIGURES = f"window_start is not null and endpoint in ({_FOLLOWED})"
_USAGE_REPORTS, _COST_REPORTS = endpoints_of("usage"), endpoints_of("cost")

_COUNTS = (
    "uncached_input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_creation_5m_tokens",
    "cache_creation_1h_tokens",
    "web_search_count",
)

_MESSAGES_SUITE = Suite(
    _MESSAGES,
    (
        rows_from(
            "select coalesce(sum(result_count), 0) from raw_message_days", what="raw results"
        ),
        days_within_loaded_windows(*_USAGE_REPORTS),
        one_of("usage_source", _USAGE_REPORTS),
        *(not_negative(column) for column in _COUNTS),
        agrees_with_raw(
            name="tokens_agree_with_raw_by_day",
            description="Tokens and web searches of a day add up to the raw records of the one"
            " report that the day is taken from.",
            mart=_MESSAGES,
            raw="raw_message_days",
            key="usage_date, usage_source",
            sums={column: f"sum({column})" for column in _COUNTS},
        ),
    ),
    keys=("usage_date", "usage_source", "workspace_id", "model"),
)

_COSTS_SUITE = Suite(
    _COSTS,
    (
        rows_from("select coalesce(sum(result_count), 0) from raw_cost_days", what="raw results"),
        days_within_loaded_windows(*_COST_REPORTS),
        one_of("cost_source", _COST_REPORTS),
        # A credit or a correction may be negative; a wrong sign of ours would not agree with raw.
        not_negative("billed_cost_usd", blocking=False),
        cost_agrees_with_raw(
            name="billed_cost_agrees_with_raw_by_day",
            description="The billed cost of a day adds up to the raw cents of the one report that"
            " the day is taken from.",
            key="usage_date, cost_source",
            mart=_COSTS,
            column="billed_cost_usd",
            raw="raw_cost_days",
            raw_column="billed_cost_cents",
            items="result_count",
        ),
        amounts_are_in_us_dollars("raw_cost_days"),
        RowsCheck(
            name="billed_cost_of_recent_days_is_in_line",
            description="Each of the last seven complete days cost at most three times the dearest"
            " of the 28 days before them.",
            blocking=False,
            rows=f"""
with days as (
    select usage_date, sum(billed_cost_usd) as cost_usd
    from marts.{_COSTS} where is_complete_day group by usage_date
),
bounds as (
    select max(usage_date) - 7 as last_day_before from days
),
before as (
    select max(cost_usd) as dearest_usd
    from days, bounds
    where usage_date <= last_day_before and usage_date > last_day_before - 28
)
select
    usage_date,
    cost_usd,
    dearest_usd,
    dearest_usd is null or cost_usd <= dearest_usd * 3 as holds,
from days, bounds, before
where usage_date > last_day_before
""",
        ),
    ),
    keys=("usage_date", "cost_source", "workspace_id", "cost_type", "model", "token_type"),
)

_REVISIONS_SUITE = Suite(
    "report_revisions",
    (
        row_count(
            at_least="select least(1, coalesce(sum(record_count), 0))"
            f" from raw_ledger where {_OF_FIGURES}",
            at_most="select case when coalesce(sum(record_count), 0) = 0 and (select count(*)"
            " from raw_revisions) = 0 then 0 end"
            f" from raw_ledger where {_OF_FIGURES}",
            description="There are readings when there are records of reports, and none without.",
        ),
        RowsCheck(
            name="readings_follow_each_other",
            description="A reading ends after it began, and only the last one has no end.",
            rows="""
select
    report,
    usage_date,
    workspace_id,
    model,
    metric,
    read_at,
    coalesce(superseded_at > read_at, true) and is_current = (superseded_at is null) as holds,
from marts.report_revisions
""",
        ),
        RowsCheck(
            name="current_costs_agree_with_raw_by_day",
            description="What the last reading says was billed is what the raw records say, where"
            " the report is the one that the day is taken from.",
            rows="""
with current_costs as (
    select usage_date, report as cost_source, sum(figure) * 100 as figure_cents
    from marts.report_revisions
    where metric = 'billed_cost_usd' and is_current
    group by usage_date, report
)
select
    usage_date,
    cost_source,
    raw.billed_cost_cents,
    coalesce(current_costs.figure_cents, 0) as reading_cents,
    abs(reading_cents - raw.billed_cost_cents) <= raw.result_count * 0.00005 as holds,
from raw_cost_days as raw left join current_costs using (usage_date, cost_source)
""",
        ),
        RowsCheck(
            name="readings_are_no_more_than_revisions_make",
            description="A day has at most one reading more than it was revised.",
            rows="""
with readings as (
    select report, usage_date, count(distinct read_at) as reading_count
    from marts.report_revisions group by report, usage_date
),
revisions as (
    select
        endpoint as report,
        cast(window_key as date) as usage_date,
        count(distinct revised_at) as revision_count,
    from raw_revisions group by endpoint, window_key
)
select
    report,
    usage_date,
    reading_count,
    coalesce(revisions.revision_count, 0) as revision_count,
    reading_count <= coalesce(revisions.revision_count, 0) + 1 as holds,
from readings left join revisions using (report, usage_date)
""",
        ),
    ),
    keys=("report", "usage_date", "workspace_id", "model", "metric", "read_at"),
)

SUITES = (_MESSAGES_SUITE, _COSTS_SUITE, _REVISIONS_SUITE)
