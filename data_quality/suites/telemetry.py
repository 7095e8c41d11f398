"""Suites of what machines send of themselves."""

from __future__ import annotations

from data_quality.checks import RowsCheck, Suite
from data_quality.suites.building import not_negative, rows_from

_USAGE = "fct_telemetry_usage_daily"

# Apart from dbt: a request's id, or the moment of one that has none, and the cost as it was sent.
_REQUESTS = """
select distinct on (request_id, if(request_id is null, (machine_key, session_id, time_ns,
    event_sequence, prompt_id), null))
    make_timestamp(time_ns // 1000)::date as usage_date,
    coalesce(
        try_cast(cost_usd as decimal(24, 12)), cost_usd_micros::decimal(24, 12) / 1000000
    )::decimal(24, 12) as cost_usd,
from raw_telemetry.events
where event_name = 'api_request'
"""

_USAGE_SUITE = Suite(
    _USAGE,
    (
        rows_from(f"select count(*) from ({_REQUESTS})", what="requests"),
        not_negative("estimated_cost_usd"),
        RowsCheck(
            name="requests_and_cost_agree_with_raw_by_day",
            description="Each request is counted once, with the cost that it was sent with.",
            rows=f"""
with raw as (
    select usage_date, count(*) as request_count, coalesce(sum(cost_usd), 0) as cost_usd
    from ({_REQUESTS}) group by usage_date
),
mart as (
    select usage_date, sum(request_count) as request_count,
        coalesce(sum(estimated_cost_usd), 0) as cost_usd
    from marts.{_USAGE} group by usage_date
)
select
    usage_date,
    coalesce(raw.request_count, 0) as raw_request_count,
    coalesce(mart.request_count, 0) as mart_request_count,
    coalesce(raw.cost_usd, 0) as raw_cost_usd,
    coalesce(mart.cost_usd, 0) as mart_cost_usd,
    raw_request_count = mart_request_count and raw_cost_usd = mart_cost_usd as holds,
from raw full join mart using (usage_date)
""",
        ),
    ),
    keys=("usage_date",),
)

_TOOLS_SUITE = Suite(
    "fct_telemetry_tools_daily",
    (
        rows_from(
            "select count(*) from raw_telemetry.events"
            " where event_name in ('tool_decision', 'tool_result')",
            what="calls of tools",
        ),
        not_negative("duration_ms"),
    ),
    keys=("usage_date", "tool_name"),
)

_ACTIVITY_SUITE = Suite(
    "fct_telemetry_activity_daily",
    (
        rows_from(
            "select count(*) from raw_telemetry.points"
            " where metric_name not in ('token.usage', 'cost.usage', 'other')",
            what="points of metrics",
        ),
    ),
    keys=("usage_date",),
)

_MACHINES_SUITE = Suite(
    "telemetry_machines",
    (
        rows_from(
            "select count(distinct machine_key) from (select machine_key from raw_telemetry.events"
            " where event_name in ('api_request', 'tool_decision', 'tool_result') union all"
            " select machine_key from raw_telemetry.points where metric_name <> 'other')",
            what="machines",
        ),
        RowsCheck(
            name="no_machine_is_silent",
            description="Each machine that has sent telemetry still does, as far as its own habit"
            " tells.",
            blocking=False,
            rows="""
select
    machine_key,
    silent_days,
    'is the machine in use? then look at its settings and at the receiver' as what_to_do,
    not is_silent as holds,
from marts.telemetry_machines
""",
        ),
    ),
    keys=("machine_key",),
)

SUITES = (_USAGE_SUITE, _TOOLS_SUITE, _ACTIVITY_SUITE, _MACHINES_SUITE)
