"""Suites of the Claude Code analytics marts."""

from __future__ import annotations

from data_quality.checks import RowsCheck, Suite
from data_quality.suites.building import (
    agrees_with_raw,
    amounts_are_in_us_dollars,
    at_most,
    cost_agrees_with_raw,
    days_within_loaded_windows,
    in_line_with_its_weekday,
    not_negative,
    one_of,
    row_count,
    rows_from,
)

_ENDPOINT = "usage_report_claude_code"
_ENTERPRISE = "enterprise_user_activity"
_CONSOLE_ROWS = f"source_report = '{_ENDPOINT}'"
_RAW = "raw_claude_code_days"
_ACTIVITY = "fct_claude_code_activity_daily"
_TOOLS = "fct_claude_code_tool_actions_daily"
_MODELS = "fct_claude_code_model_usage_daily"
_SET_ASIDE = "claude_code_activity_set_aside_daily"

_COUNTS = ("session_count", "lines_added", "lines_removed", "commit_count", "pull_request_count")
_DECISIONS = ("accepted_count", "rejected_count")
_TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens")

_ACTIVITY_SUITE = Suite(
    _ACTIVITY,
    (
        row_count(
            at_least=f"select least(1, coalesce(sum(record_count), 0)) from {_RAW}",
            at_most=f"select (select coalesce(sum(record_count), 0) from {_RAW})"
            " + (select coalesce(sum(record_count), 0) from raw_enterprise_activity_days)"
            f" - (select coalesce(sum(row_count), 0) from marts.{_SET_ASIDE})",
            description="There are rows when there are raw records, and not more of them.",
        ),
        days_within_loaded_windows(_ENDPOINT, _ENTERPRISE),
        one_of("actor_type", ("user_actor", "api_actor"), blocking=False),
        *(not_negative(column) for column in _COUNTS),
        at_most("session_count", 5_000, why="A loop in a script can start many sessions a day."),
        agrees_with_raw(
            name="counts_agree_with_raw_by_day",
            description="Sessions, lines, commits and pull requests of a day add up to the raw"
            " records of that day.",
            mart=_ACTIVITY,
            raw=_RAW,
            key="usage_date",
            sums={column: f"sum({column})" for column in _COUNTS},
            where=_CONSOLE_ROWS,
        ),
        RowsCheck(
            name="enterprise_activity_is_counted_or_set_aside",
            description="Sessions and lines that the Enterprise report tells of a day are those"
            " that are counted and those that are set aside.",
            rows=f"""
with reported as (
    select usage_date, session_count, lines_added
    from marts.{_ACTIVITY} where source_report = '{_ENTERPRISE}'
    union all by name
    select usage_date, session_count, lines_added from marts.{_SET_ASIDE}
),
marts as (
    select
        usage_date,
        coalesce(sum(session_count), 0) as session_count,
        sum(lines_added) as lines_added,
    from reported group by usage_date
)
select
    usage_date,
    coalesce(raw.session_count, 0) as raw_session_count,
    coalesce(marts.session_count, 0) as mart_session_count,
    coalesce(raw.lines_added, 0) as raw_lines_added,
    coalesce(marts.lines_added, 0) as mart_lines_added,
    raw_session_count = mart_session_count and raw_lines_added = mart_lines_added as holds,
from raw_enterprise_activity_days as raw full join marts using (usage_date)
""",
        ),
        in_line_with_its_weekday(_ACTIVITY),
        RowsCheck(
            name="most_sessions_belong_to_known_people",
            description="At most a fifth of the sessions is of actors nobody was found for.",
            blocking=False,
            rows=f"""
select
    coalesce(sum(session_count), 0) as all_sessions,
    coalesce(sum(session_count) filter (person_key = 'unknown'), 0) as unknown_sessions,
    unknown_sessions * 5 <= all_sessions as holds,
from marts.{_ACTIVITY}
""",
        ),
    ),
    keys=("usage_date", "actor_key", "terminal_type"),
)

_TOOLS_SUITE = Suite(
    _TOOLS,
    (
        row_count(
            at_least=f"select least(1, coalesce(sum(tool_row_count), 0)) from {_RAW}",
            # Four documented tools a person, and room for more.
            at_most=f"select (select coalesce(sum(tool_row_count), 0) from {_RAW})"
            " + 20 * (select coalesce(sum(record_count), 0) from raw_enterprise_activity_days)",
            description="There are rows when there are raw tool actions, and not more of them.",
        ),
        days_within_loaded_windows(_ENDPOINT, _ENTERPRISE),
        *(not_negative(column) for column in _DECISIONS),
        agrees_with_raw(
            name="decisions_agree_with_raw_by_day",
            description="Accepted and rejected proposals of a day add up to the raw records.",
            mart=_TOOLS,
            raw=_RAW,
            key="usage_date",
            sums={column: f"sum({column})" for column in _DECISIONS},
            where=_CONSOLE_ROWS,
        ),
    ),
    keys=("usage_date", "actor_key", "tool_name"),
)

_MODELS_SUITE = Suite(
    _MODELS,
    (
        rows_from(f"select coalesce(sum(model_row_count), 0) from {_RAW}", what="raw model rows"),
        days_within_loaded_windows(_ENDPOINT),
        *(not_negative(column) for column in (*_TOKENS, "estimated_cost_usd")),
        at_most("estimated_cost_usd", 10_000, why="One actor, one day, one model."),
        agrees_with_raw(
            name="tokens_agree_with_raw_by_day",
            description="Tokens of a day add up to the raw records of that day.",
            mart=_MODELS,
            raw=_RAW,
            key="usage_date",
            sums={column: f"sum({column})" for column in _TOKENS},
        ),
        cost_agrees_with_raw(
            name="estimated_cost_agrees_with_raw_by_day",
            description="The estimated cost of a day adds up to the raw cents of that day.",
            mart=_MODELS,
            column="estimated_cost_usd",
            raw=_RAW,
            raw_column="estimated_cost_cents",
            items="model_row_count",
        ),
        amounts_are_in_us_dollars(_RAW),
        RowsCheck(
            name="shares_of_models_do_not_drift",
            description="No model's share of all tokens of the last seven complete days is more"
            " than half of all away from its share of the 28 days before. If one is, and no"
            " default was changed, its name may be read differently.",
            blocking=False,
            rows=f"""
with days as (
    select
        usage_date,
        model,
        sum(input_tokens + output_tokens + cache_read_tokens + cache_creation_tokens) as tokens,
    from marts.{_MODELS} where is_complete_day group by all
),
bounds as (
    select max(usage_date) - 7 as last_day_before, min(usage_date) as first_day from days
),
shares as (
    select
        model,
        sum(tokens) filter (usage_date > last_day_before) as recent_tokens,
        sum(tokens) filter (usage_date between last_day_before - 27 and last_day_before)
            as tokens_before,
    from days, bounds
    where first_day <= last_day_before - 27
    group by model
)
select
    model,
    coalesce(recent_tokens, 0) / nullif(sum(recent_tokens) over (), 0) as recent_share,
    coalesce(tokens_before, 0) / nullif(sum(tokens_before) over (), 0) as share_before,
    'see dim_models for how its name is read' as what_to_do,
    coalesce(abs(recent_share - share_before) <= 0.5, true) as holds,
from shares
""",
        ),
        RowsCheck(
            name="days_with_sessions_have_tokens",
            description="On a day on which sessions were started, some model was used.",
            blocking=False,
            rows=f"""
with tokens as (
    select usage_date, sum({" + ".join(_TOKENS)}) as token_count
    from marts.{_MODELS} group by usage_date
)
select
    usage_date,
    sum(activity.session_count) as started_sessions,
    coalesce(any_value(tokens.token_count), 0) as used_tokens,
    used_tokens > 0 as holds,
from marts.{_ACTIVITY} as activity left join tokens using (usage_date)
-- The Enterprise report has no tokens.
where activity.{_CONSOLE_ROWS}
group by usage_date
having sum(activity.session_count) > 0
""",
        ),
    ),
    keys=("usage_date", "actor_key", "model"),
)

_SET_ASIDE_SUITE = Suite(
    _SET_ASIDE,
    (
        row_count(
            at_least="select 0",
            at_most="select coalesce(sum(record_count), 0) from raw_enterprise_activity_days",
            description="No more rows are set aside than the Enterprise report has.",
        ),
        not_negative("row_count"),
        not_negative("session_count"),
    ),
    keys=("usage_date", "counting_rule"),
)

SUITES = (_ACTIVITY_SUITE, _TOOLS_SUITE, _MODELS_SUITE, _SET_ASIDE_SUITE)
