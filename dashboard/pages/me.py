"""What a developer asks of their own: use, cost, cache, changes and why each counts."""

from __future__ import annotations

from dashboard import charts
from dashboard.conditions import IN_DAYS, LEVER_NAME, OF_MODEL, OF_REPOSITORY
from dashboard.model import Chart, Column, Figure, Filtered, Page, Section, Table

_MINE = "person_key = getvariable('person')"
_MINE_IN_DAYS: Filtered = frozenset({"dates", "person"})
_CHOOSE = "Choose a person, or there is nothing of theirs in these days."

_NOT_TOLD = (
    "Choose a person, or no machine of theirs tells of these days, or the file leaves it out at its"
    " level of privacy."
)

ESTIMATE = Figure(
    "my_estimate",
    "Claude Code's estimate",
    "usd",
    f"""
    select
        sum(estimated_cost_usd) as value,
        count(distinct usage_date) || ' days with use' as detail
    from fct_claude_code_model_usage_daily
    where {_MINE} and is_complete_day and {IN_DAYS}
    """,
    _MINE_IN_DAYS,
    "fct_claude_code_model_usage_daily.estimated_cost_usd",
)
BILLED = Figure(
    "my_bill",
    "Billed, as allocated",
    "usd",
    f"""
    select
        sum(allocated_cost_usd) as value,
        format('{{:.0f}} %', 100 * sum(allocated_cost_usd)
            filter (allocation_method = 'direct') / nullif(sum(allocated_cost_usd), 0))
        || ' named on the bill itself' as detail
    from fct_cost_attribution_daily
    where {_MINE} and is_complete_day and {IN_DAYS}
    """,
    _MINE_IN_DAYS,
    "fct_cost_attribution_daily.allocated_cost_usd",
)
SESSIONS = Figure(
    "my_sessions",
    "Sessions begun",
    "count",
    f"""
    select
        sum(session_count) as value,
        format('{{:,}} lines added', sum(lines_added)) as detail
    from fct_claude_code_activity_daily
    where {_MINE} and is_complete_day and {IN_DAYS}
    """,
    _MINE_IN_DAYS,
    "fct_claude_code_activity_daily.session_count",
)
ACCEPTED = Figure(
    "my_acceptance",
    "Proposals accepted",
    "ratio",
    f"""
    select
        case when sum(accepted_count + rejected_count) >= 20
            then sum(accepted_count) / sum(accepted_count + rejected_count) end as value,
        format('{{:,}} decisions',
            coalesce(cast(sum(accepted_count + rejected_count) as bigint), 0))
        || case when coalesce(sum(accepted_count + rejected_count), 0) < 20
            then ': too few for a share' else '' end as detail
    from fct_claude_code_tool_actions_daily
    where {_MINE} and is_complete_day and {IN_DAYS}
    """,
    _MINE_IN_DAYS,
    "fct_claude_code_tool_actions_daily.accepted_count",
)
BY_MODEL = Chart(
    "my_days",
    "My days, by model",
    f"""
    select usage_date, model, sum(estimated_cost_usd) as cost_usd,
        bool_and(is_complete_day) as is_complete
    from fct_claude_code_model_usage_daily
    where {_MINE} and {IN_DAYS}
    group by usage_date, model
    order by usage_date, model
    """,
    (
        Column("usage_date", "Day", "date"),
        Column("model", "Model"),
        Column("cost_usd", "Estimate", "usd"),
        Column("is_complete", "Complete"),
    ),
    _MINE_IN_DAYS,
    "fct_claude_code_model_usage_daily.estimated_cost_usd",
    empty=_CHOOSE,
    marks=lambda: charts.stacked_days(
        "usage_date", "cost_usd", "model", title="US dollars, estimate", unit="usd"
    ),
    says="Bars by day: Claude Code's estimate of one person, by model. Hatched days lack reports.",
)
CACHE = Table(
    "my_cache",
    "My cache against my team and all",
    f"""
    with days as (
        select * from cache_efficiency_daily where is_complete_day and {IN_DAYS}
    ),

    compared as (
        select 1 as place, 'me' as who, * from days where {_MINE}
        union all
        select 2, 'my team', * from days
        where team_name in (select team_name from days where {_MINE})
        union all
        select 3, 'all', * from days where getvariable('person') is not null
    )

    select
        who,
        sum(cache_read_tokens) / nullif(sum(input_tokens), 0) as cache_read_ratio,
        sum(input_tokens) as input_tokens,
        sum(cache_saving_usd) as saving_usd
    from compared
    group by who, place
    order by place
    """,
    (
        Column("who", "Who"),
        Column("cache_read_ratio", "Of input, read from the cache", "ratio"),
        Column("input_tokens", "Input tokens", "tokens"),
        Column("saving_usd", "Saved by the cache, at list prices", "usd"),
    ),
    _MINE_IN_DAYS,
    "cache_efficiency_daily.cache_read_ratio",
    empty=_CHOOSE,
)
OTHER_MODELS = Table(
    "my_other_models",
    "What another model would have cost, whole months",
    f"""
    select
        model,
        what_if_model,
        sum(list_cost_usd) as list_cost_usd,
        sum(what_if_list_cost_usd) as what_if_list_cost_usd,
        sum(what_if_difference_usd) as difference_usd
    from model_what_if_monthly
    where {_MINE}
        and month_start_date
        between date_trunc('month', getvariable('first_day')) and getvariable('last_day')
        and {OF_MODEL}
        and model <> what_if_model
    group by model, what_if_model
    order by list_cost_usd desc nulls last, difference_usd, what_if_model
    """,
    (
        Column("model", "Model"),
        Column("what_if_model", "Instead"),
        Column("list_cost_usd", "At list prices", "usd"),
        Column("what_if_list_cost_usd", "With the other", "usd"),
        Column("difference_usd", "Difference", "usd"),
    ),
    frozenset({"dates", "person", "model"}),
    "model_what_if_monthly.what_if_difference_usd",
    empty=_CHOOSE,
)
LEVERS = Table(
    "my_levers",
    "What would save most of what my context costs, whole months",
    f"""
    select
        {LEVER_NAME} as lever_name,
        replace(any_value(named_change), '_', ' ') as change,
        sum(saving_usd) as saving_usd,
        sum(spent_usd) as spent_usd,
        case
            when count(saving_usd) = 0 then 'none'
            when bool_or(confidence = 'low') then 'low'
            else 'medium'
        end as confidence,
        sum(token_count) as tokens,
        arg_max(largest_tool_name, largest_tool_token_count) as largest_tool,
        sum(told_person_day_count) || ' of ' || sum(person_day_count) as told_days,
        replace(max(saving_unknown_reason) filter (saving_usd is null), '_', ' ') as why_not
    from context_efficiency_monthly
    where scope_type = 'person' and scope_id = getvariable('person')
        and month_start_date
        between date_trunc('month', getvariable('first_day')) and getvariable('last_day')
    group by lever
    order by saving_usd desc nulls last, spent_usd desc nulls last, lever_name
    """,
    (
        Column("lever_name", "Lever"),
        Column("change", "Change"),
        Column("saving_usd", "Would save, at list prices", "usd"),
        Column("spent_usd", "Spent on it", "usd"),
        Column("confidence", "How sure"),
        Column("tokens", "Tokens", "tokens"),
        Column("largest_tool", "Most by"),
        Column("told_days", "Days it is told of"),
        Column("why_not", "Why not known"),
    ),
    _MINE_IN_DAYS,
    "context_efficiency_monthly.saving_usd",
    empty=_NOT_TOLD,
)
THREADS = Table(
    "my_threads",
    "Who asked: I myself, agents or skills",
    f"""
    select
        case
            when agent_name is not null then 'agent ' || agent_name
            when query_source = 'compact' then 'compaction'
            when skill_name is not null then 'skill ' || skill_name
            else 'main thread'
        end as asked_by,
        model,
        sum(request_count) as request_count,
        sum(uncached_input_tokens + cache_read_tokens + cache_creation_5m_tokens
            + cache_creation_1h_tokens) as input_tokens,
        sum(output_tokens) as output_tokens,
        sum(list_cost_usd) as list_cost_usd,
        sum(unpriced_request_count) as unpriced_count
    from fct_telemetry_usage_daily
    where {_MINE} and {IN_DAYS} and {OF_MODEL}
    group by asked_by, model
    order by list_cost_usd desc nulls last, asked_by, model
    """,
    (
        Column("asked_by", "Asked by"),
        Column("model", "Model"),
        Column("request_count", "Requests", "count"),
        Column("input_tokens", "Input, cache too", "tokens"),
        Column("output_tokens", "Output", "tokens"),
        Column("list_cost_usd", "At list prices", "usd"),
        Column("unpriced_count", "Without a price", "count"),
    ),
    frozenset({"dates", "person", "model"}),
    "fct_telemetry_usage_daily.list_cost_usd",
    empty=_NOT_TOLD,
)
TOOLS = Table(
    "my_tools",
    "My tools",
    f"""
    select
        tool_name,
        sum(call_count) as call_count,
        sum(call_count) filter (decision = 'reject') as rejected_count,
        sum(failed_call_count) as failed_count,
        sum(result_bytes) // 4 as tokens,
        sum(duration_ms) / 1000 as seconds
    from fct_telemetry_tools_daily
    where {_MINE} and {IN_DAYS}
    group by tool_name
    order by tokens desc nulls last, tool_name
    """,
    (
        Column("tool_name", "Tool"),
        Column("call_count", "Calls", "count"),
        Column("rejected_count", "Refused", "count"),
        Column("failed_count", "Failed", "count"),
        Column("tokens", "Results, tokens of 4 bytes", "tokens"),
        Column("seconds", "Seconds", "count"),
    ),
    _MINE_IN_DAYS,
    "fct_telemetry_tools_daily.result_bytes",
    empty=_NOT_TOLD,
)
TRANSCRIPTS = Table(
    "my_transcripts",
    "What my machines’ transcripts hold",
    f"""
    select
        coalesce(billing_basis, 'not said') as paid_by,
        model,
        is_subagent,
        sum(response_count) as response_count,
        sum(uncached_input_tokens + cache_read_tokens + cache_creation_5m_tokens
            + cache_creation_1h_tokens) as input_tokens,
        sum(output_tokens) as output_tokens,
        sum(list_cost_usd) as list_cost_usd,
        count(distinct usage_date) filter (not is_complete_day) as open_days
    from fct_local_usage_daily
    where {_MINE} and {IN_DAYS} and {OF_MODEL}
    group by paid_by, model, is_subagent
    order by list_cost_usd desc nulls last, paid_by, model, is_subagent
    """,
    (
        Column("paid_by", "Paid by"),
        Column("model", "Model"),
        Column("is_subagent", "Of sub-agents"),
        Column("response_count", "Responses", "count"),
        Column("input_tokens", "Input, cache too", "tokens"),
        Column("output_tokens", "Output", "tokens"),
        Column("list_cost_usd", "Value at list prices", "usd"),
        Column("open_days", "Days that are not complete", "count"),
    ),
    frozenset({"dates", "person", "model"}),
    "fct_local_usage_daily.list_cost_usd",
    empty=_NOT_TOLD,
)
CHANGES = Table(
    "my_changes",
    "My pull requests, and why each counts",
    f"""
    select
        repository,
        pull_request_number,
        created_date,
        pull_request_state,
        replace(claude_attribution, '_', ' ') as by_marks,
        replace(attribution_estimated, '_', ' ') as estimated,
        replace(estimate_reason, '_', ' ') as reason,
        claude_probability
    from fct_pull_requests
    where {_MINE}
        and coalesce(merged_date, created_date)
        between getvariable('first_day') and getvariable('last_day')
        and {OF_REPOSITORY}
    order by created_date desc, repository, pull_request_number
    """,
    (
        Column("repository", "Repository"),
        Column("pull_request_number", "Number", "count"),
        Column("created_date", "Opened", "date"),
        Column("pull_request_state", "State"),
        Column("by_marks", "By its marks"),
        Column("estimated", "Best estimate"),
        Column("reason", "Why"),
        Column("claude_probability", "How likely", "ratio"),
    ),
    frozenset({"dates", "person", "repository"}),
    "fct_pull_requests.estimate_reason",
    empty=_CHOOSE,
)

PAGE = Page(
    "me",
    "My usage",
    "What did I use, what did it cost, and what of my work counts as with Claude?",
    figures=(ESTIMATE, BILLED, SESSIONS, ACCEPTED),
    sections=(
        Section("Days", (BY_MODEL,)),
        Section(
            "Cache",
            (CACHE,),
            "What is read from the cache costs far less. Where the share is low, long breaks"
            " between prompts, or text that changes at their start, are worth a look.",
        ),
        Section(
            "Context",
            (LEVERS, THREADS, TOOLS),
            "By the telemetry of my machines, and for levers by transcripts where there is none."
            " Levers overlap, and none is a bill.",
        ),
        Section(
            "Transcripts",
            (TRANSCRIPTS,),
            "The same requests as above, as far as machines exported them: never added to it. Of a"
            " subscription it is a value, and nothing that anybody is billed.",
        ),
        Section("Changes", (CHANGES,)),
        Section(
            "Other models",
            (OTHER_MODELS,),
            "The same tokens at other list prices. Another model would have used other tokens.",
        ),
    ),
)
