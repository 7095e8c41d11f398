"""Suites of the message usage and billed cost marts."""

from __future__ import annotations

from data_quality.checks import RowsCheck, Suite
from data_quality.suites.building import (
    agrees_with_raw,
    amounts_are_in_us_dollars,
    cost_agrees_with_raw,
    days_within_loaded_windows,
    not_negative,
    not_null,
    rows_from,
)

_MESSAGES = "fct_message_usage_daily"
_COSTS = "fct_billed_costs_daily"

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
        days_within_loaded_windows("usage_report_messages"),
        not_null("workspace_id"),
        not_null("model"),
        *(not_negative(column) for column in _COUNTS),
        agrees_with_raw(
            name="tokens_agree_with_raw_by_day",
            description="Tokens and web searches of a day add up to the raw bucket of that day.",
            mart=_MESSAGES,
            raw="raw_message_days",
            key="usage_date",
            sums={column: f"sum({column})" for column in _COUNTS},
        ),
    ),
    keys=("usage_date", "workspace_id", "model"),
)

_COSTS_SUITE = Suite(
    _COSTS,
    (
        rows_from("select coalesce(sum(result_count), 0) from raw_cost_days", what="raw results"),
        days_within_loaded_windows("cost_report"),
        not_null("workspace_id"),
        not_null("cost_type"),
        # A credit or a correction may be negative; a wrong sign of ours would not agree with raw.
        not_negative("billed_cost_usd", blocking=False),
        cost_agrees_with_raw(
            name="billed_cost_agrees_with_raw_by_day",
            description="The billed cost of a day adds up to the raw cents of that day.",
            mart=_COSTS,
            column="billed_cost_usd",
            raw="raw_cost_days",
            raw_column="billed_cost_cents",
            items="result_count",
        ),
        amounts_are_in_us_dollars("raw_cost_days"),
        RowsCheck(
            name="billed_cost_of_recent_days_is_in_line",
            description="Each of the last seven days cost at most three times the dearest of the"
            " 28 days before them.",
            blocking=False,
            rows=f"""
with days as (
    select usage_date, sum(billed_cost_usd) as cost_usd
    from marts.{_COSTS} group by usage_date
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
    keys=("usage_date", "workspace_id", "cost_type", "model", "token_type"),
)

SUITES = (_MESSAGES_SUITE, _COSTS_SUITE)
