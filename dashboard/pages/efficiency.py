"""What the same work costs, and where less could do: cache, models, limits, habits of use."""

from __future__ import annotations

from dashboard import charts
from dashboard.conditions import IN_DAYS, LEVER_NAME, OF_MODEL, OF_TEAM, OF_WORKSPACE
from dashboard.model import (
    DATES_AND_TEAM,
    Chart,
    Column,
    Figure,
    Filtered,
    Page,
    Section,
    Table,
)

# Whole months that the days touch.
_IN_MONTHS = (
    "month_start_date between date_trunc('month', getvariable('first_day'))"
    " and getvariable('last_day')"
)
# The last month with developers up to the last day shown.
_LAST_MONTH = """(
            select max(month_start_date)
            from cost_profile_monthly
            where month_start_date <= getvariable('last_day') and developer_count > 0
        )"""
_DEVELOPERS = "person_kind in ('member', 'former_member', 'guest')"

CACHE_SHARE = Figure(
    "cache_read_share",
    "Input read from the cache",
    "ratio",
    f"""
    select
        sum(cache_read_tokens) / nullif(sum(input_tokens), 0) as value,
        'of people ' || format(
            '{{:.1f}} %',
            100 * sum(cache_read_tokens) filter (person_key <> 'unknown')
            / nullif(sum(input_tokens) filter (person_key <> 'unknown'), 0)
        ) as detail
    from cache_efficiency_daily
    where is_complete_day and {IN_DAYS} and {OF_TEAM}
    """,
    DATES_AND_TEAM,
    "cache_efficiency_daily.cache_read_ratio",
)
CACHE_SAVING = Figure(
    "cache_saving",
    "Saved by the cache, at list price",
    "usd",
    f"""
    select
        sum(cache_saving_usd) as value,
        'of $' || format('{{:,.2f}}', sum(cost_without_cache_usd))
        || ' that these tokens would cost uncached' as detail
    from cache_efficiency_daily
    where is_complete_day and {IN_DAYS} and {OF_TEAM}
    """,
    DATES_AND_TEAM,
    "cache_efficiency_daily.cache_saving_usd",
)
DEVELOPER_DAY = Figure(
    "cost_per_developer_day",
    "Estimate per developer and active day",
    "usd",
    f"""
    select
        sum(developer_estimated_cost_usd) / nullif(sum(developer_day_count), 0) as value,
        'published: $' || format('{{:.0f}}', max(published_developer_day_mean_usd)) || '; '
        || strftime(max(month_start_date), '%Y-%m')
        || case when bool_and(is_complete_month) then '' else ', not all days complete' end
        as detail
    from cost_profile_monthly
    where month_start_date = {_LAST_MONTH}
        and case
            when getvariable('team') is null then scope_type = 'organization'
            else scope_type = 'team' and team_name = getvariable('team')
        end
    having sum(developer_day_count) > 0
    """,
    frozenset({"team"}),
    "cost_profile_monthly.mean_cost_per_developer_day_usd",
)
TIGHTEST_LIMIT = Figure(
    "tightest_limit",
    "Most of a rate limit used in a minute",
    "ratio",
    f"""
    select
        max(limit_used_ratio) as value,
        arg_max(
            coalesce(rate_limit_name, rate_limit_id) || ', ' || replace(limit_type, '_', ' ')
            || ', on ' || usage_date,
            limit_used_ratio
        ) as detail
    from token_rate_headroom
    where {IN_DAYS} and workspace_id = coalesce(getvariable('workspace'), 'all')
    """,
    frozenset({"dates", "workspace"}),
    "token_rate_headroom.limit_used_ratio",
)

INPUT_BY_DAY = Chart(
    "input_by_day",
    "How much of the input is read from the cache?",
    f"""
    select
        usage_date,
        kind,
        sum(tokens) as tokens,
        sum(tokens) / nullif(sum(sum(tokens)) over (partition by usage_date), 0) as share,
        bool_and(is_complete_day) as is_complete
    from (
        select
            usage_date,
            team_name,
            is_complete_day,
            unnest(['Read from the cache', 'Written to the cache', 'Not cached']) as kind,
            unnest([cache_read_tokens, cache_write_tokens, uncached_input_tokens]) as tokens
        from cache_efficiency_daily
    )
    where {IN_DAYS} and {OF_TEAM}
    group by usage_date, kind
    order by usage_date, kind
    """,
    (
        Column("usage_date", "Day", "date"),
        Column("kind", "Input"),
        Column("tokens", "Tokens", "tokens"),
        Column("share", "Share of the day", "ratio"),
        Column("is_complete", "Complete"),
    ),
    DATES_AND_TEAM,
    "cache_efficiency_daily.input_tokens",
    empty="No input is reported for these days, or the file leaves it out at its level of privacy.",
    marks=lambda: charts.stacked_days(
        "usage_date",
        "tokens",
        "kind",
        title="Input tokens",
        unit="tokens",
        colours={
            "Read from the cache": charts.CACHE_READ,
            "Written to the cache": charts.CACHE_WRITTEN,
            "Not cached": charts.NOT_CACHED,
        },
    ),
    says=(
        "Bars by day: input tokens read from the cache, written to it and not cached."
        " Hatched days are not complete."
    ),
)
CACHE_BY_TEAM = Table(
    "cache_by_team",
    "What does the cache save each team?",
    f"""
    with complete as (
        select *
        from cache_efficiency_daily
        where is_complete_day and {IN_DAYS}
    ),

    people as (
        select sum(cache_read_tokens) / nullif(sum(input_tokens), 0) as share
        from complete
        where person_key <> 'unknown'
    )

    select
        case
            when person_key = 'unknown' then 'Keys that no person alone uses' else team_name
        end as scope,
        sum(input_tokens) as input_tokens,
        sum(cache_read_tokens) / nullif(sum(input_tokens), 0) as share,
        -- Products and services prompt in another way: no gap to people.
        case
            when scope <> 'Keys that no person alone uses'
                then 100 * (
                    sum(cache_read_tokens) / nullif(sum(input_tokens), 0) - any_value(people.share)
                )
        end as points,
        sum(cache_write_tokens) / nullif(sum(input_tokens), 0) as written_share,
        sum(cache_saving_usd) as saving_usd,
        sum(cache_saving_usd) / nullif(sum(cost_without_cache_usd), 0) as saving_share,
        sum(unpriced_input_tokens) as unpriced_tokens
    from complete
    cross join people
    where {OF_TEAM}
    group by scope
    order by saving_usd desc nulls last, scope
    """,
    (
        Column("scope", "Team"),
        Column("input_tokens", "Input", "tokens"),
        Column("share", "Read from the cache", "ratio"),
        Column("points", "Points from all people’s", "count"),
        Column("written_share", "Written to it", "ratio"),
        Column("saving_usd", "Saved, at list price", "usd"),
        Column("saving_share", "of the cost without a cache", "ratio"),
        Column("unpriced_tokens", "Input without a price", "tokens"),
    ),
    DATES_AND_TEAM,
    "cache_efficiency_daily.cache_saving_usd",
    empty="No input is reported for these days, or the file leaves it out at its level of privacy.",
)
PROFILE = Chart(
    "cost_profile",
    "What does a developer’s active day cost, beside the published figure?",
    f"""
    select
        month_start_date,
        case scope_type when 'organization' then 'All teams' else team_name end || case
            when (select count(distinct organization_id) from cost_profile_monthly) > 1
                then ' of ' || organization_id
            else ''
        end as team,
        developer_count,
        developer_estimated_cost_usd / nullif(developer_day_count, 0) as mean_day_usd,
        median_cost_per_developer_day_usd as median_day_usd,
        p90_cost_per_developer_day_usd as p90_day_usd,
        published_developer_day_mean_usd as published_day_usd,
        developer_days_below_threshold_ratio as below_share,
        '$' || format('{{:.0f}}', published_developer_day_threshold_usd) || ': '
        || published_below_threshold_pct || ' % of developers' as published_below,
        developer_estimated_cost_usd / nullif(developer_count, 0) as mean_month_usd,
        '$' || format('{{:.0f}}', published_developer_month_lower_usd) || ' to $'
        || format('{{:.0f}}', published_developer_month_upper_usd) as published_month,
        is_complete_month
    from cost_profile_monthly
    where month_start_date = {_LAST_MONTH} and developer_count > 0
        and (
            getvariable('team') is null
            or scope_type = 'organization'
            or team_name = getvariable('team')
        )
    order by scope_type, mean_day_usd desc, team
    """,
    (
        Column("month_start_date", "Month", "month"),
        Column("team", "Team"),
        Column("developer_count", "Developers", "count"),
        Column("mean_day_usd", "Mean day", "usd"),
        Column("median_day_usd", "Median day", "usd"),
        Column("p90_day_usd", "9 of 10 days at most", "usd"),
        Column("published_day_usd", "Published mean day", "usd"),
        Column("below_share", "Days below the published threshold", "ratio"),
        Column("published_below", "Published threshold and share below"),
        Column("mean_month_usd", "Mean month", "usd"),
        Column("published_month", "Published month"),
        Column("is_complete_month", "Month complete"),
    ),
    DATES_AND_TEAM,
    "cost_profile_monthly.mean_cost_per_developer_day_usd",
    empty=(
        "Claude Code’s report of a Console organisation tells of no developer up to these days,"
        " or too few people are in each team for the file’s level of privacy."
    ),
    marks=lambda: charts.bars_with_level(
        "team",
        "mean_day_usd",
        "published_day_usd",
        title="Estimated US dollars per developer and active day; the stroke is the published mean",
        unit="usd",
        colour=charts.ESTIMATED,
    ),
    says=(
        "A bar for all teams and for each: Claude Code’s estimate per developer and active day of"
        " the last month shown. The stroke is the published mean."
    ),
)
_WHAT_IF: Filtered = frozenset({"dates", "team", "model", "workspace"})
_WHAT_IF_ROWS = f"""{_IN_MONTHS} and {OF_TEAM}
        and {OF_MODEL}
        and {OF_WORKSPACE}
        and what_if_difference_usd is not null"""
WHAT_IF = Chart(
    "what_if",
    "What would the same tokens cost if all were of one model?",
    f"""
    select
        what_if_model || case
            when sum(list_cost_usd) filter (tokenizer_comparison <> 'same')
                > 0.5 * sum(list_cost_usd) then ' (counts tokens otherwise)'
            else ''
        end as what_if,
        sum(what_if_list_cost_usd) as what_if_usd,
        sum(list_cost_usd) as list_usd,
        sum(what_if_difference_usd) as difference_usd,
        coalesce(sum(list_cost_usd) filter (tokenizer_comparison <> 'same'), 0)
        / nullif(sum(list_cost_usd), 0) as other_share
    from model_what_if_monthly
    where {_WHAT_IF_ROWS}
    group by what_if_model
    order by what_if_usd desc, what_if
    """,
    (
        Column("what_if", "All of it by"),
        Column("what_if_usd", "Cost at its list price", "usd"),
        Column("list_usd", "Cost of the models used", "usd"),
        Column("difference_usd", "Difference", "usd"),
        Column("other_share", "Cost of models that count tokens otherwise", "ratio"),
    ),
    _WHAT_IF,
    "model_what_if_monthly.what_if_list_cost_usd",
    empty=(
        "No use with list prices in these months, no complete day yet, or the file does not tell"
        " it at its level of privacy."
    ),
    marks=lambda: charts.bars_with_level(
        "what_if",
        "what_if_usd",
        "list_usd",
        title="US dollars at list price, whole months; the stroke is the models used",
        unit="usd",
    ),
    says=(
        "A bar for each model: what the tokens of these months would cost at its list price."
        " The stroke is what they cost at the list prices of the models used."
    ),
)
WHAT_IF_PAIRS = Table(
    "what_if_pairs",
    "Which change of model would save most?",
    f"""
    select
        model,
        what_if_model,
        sum(list_cost_usd) as list_usd,
        sum(what_if_list_cost_usd) as what_if_usd,
        -sum(what_if_difference_usd) as saving_usd,
        -sum(what_if_difference_usd) / nullif(sum(list_cost_usd), 0) as saving_share,
        case max(tokenizer_comparison)
            when 'same' then 'alike'
            when 'different' then 'otherwise, some 30 % off'
            else 'not known'
        end as tokens_counted
    from model_what_if_monthly
    where {_WHAT_IF_ROWS}
    group by model, what_if_model
    having sum(what_if_difference_usd) < 0
    order by saving_usd desc, model, what_if_model
    """,
    (
        Column("model", "Model used"),
        Column("what_if_model", "Instead"),
        Column("list_usd", "Cost at list price", "usd"),
        Column("what_if_usd", "Cost instead", "usd"),
        Column("saving_usd", "Less", "usd"),
        Column("saving_share", "Less, share", "ratio"),
        Column("tokens_counted", "Tokens are counted"),
    ),
    _WHAT_IF,
    "model_what_if_monthly.what_if_difference_usd",
    empty="No other model that is used would cost less in these months, or the file tells none.",
)
LEVERS = Chart(
    "levers",
    "What would save most of what the context costs?",
    f"""
    select
        {LEVER_NAME} as lever_name,
        replace(any_value(named_change), '_', ' ') as change,
        sum(saving_usd) as saving_usd,
        sum(spent_usd) as spent_usd,
        sum(saving_lower_usd) as lower_usd,
        sum(saving_upper_usd) as upper_usd,
        case
            when count(saving_usd) = 0 then 'none'
            when bool_or(confidence = 'low') then 'low'
            else 'medium'
        end as confidence,
        sum(token_count) as tokens,
        sum(request_count) as requests,
        sum(told_person_day_count) / nullif(sum(person_day_count), 0) as told_share,
        replace(max(saving_unknown_reason) filter (saving_usd is null), '_', ' ') as why_not
    from context_efficiency_monthly
    where {_IN_MONTHS}
        and case
            when getvariable('team') is null then scope_type = 'organization'
            else scope_type = 'team' and scope_id = getvariable('team')
        end
    group by lever
    order by saving_usd desc nulls last, spent_usd desc nulls last, lever_name
    """,
    (
        Column("lever_name", "Lever"),
        Column("change", "Change"),
        Column("saving_usd", "Would save", "usd"),
        Column("lower_usd", "at least", "usd"),
        Column("upper_usd", "at most", "usd"),
        Column("confidence", "How sure"),
        Column("spent_usd", "Spent on it", "usd"),
        Column("tokens", "Tokens", "tokens"),
        Column("requests", "Requests", "count"),
        Column("told_share", "Days of people it is told of", "ratio"),
        Column("why_not", "Why not known"),
    ),
    DATES_AND_TEAM,
    "context_efficiency_monthly.saving_usd",
    empty=(
        "Neither telemetry nor transcripts tell of these months, or the file leaves them out at its"
        " level of privacy."
    ),
    marks=lambda: charts.bars(
        "lever_name", "saving_usd", title="US dollars at list prices, whole months", unit="usd"
    ),
    says=(
        "A bar for each lever: what its change would save at list prices in whole months. Levers"
        " overlap. Those without a bar are in the rows, with the reason."
    ),
)
TOOL_RESULTS = Table(
    "tool_results",
    "Which tools put most into the context?",
    f"""
    select
        tool_name,
        tool_source,
        sum(call_count) as call_count,
        sum(failed_call_count) as failed_count,
        sum(result_bytes) // 4 as tokens,
        sum(result_bytes) / 4 / nullif(sum(call_count), 0) as mean_tokens,
        sum(duration_ms) / 1000 / nullif(sum(call_count), 0) as mean_seconds
    from fct_telemetry_tools_daily
    where {IN_DAYS}
    group by tool_name, tool_source
    order by tokens desc nulls last, tool_name, tool_source
    """,
    (
        Column("tool_name", "Tool"),
        Column("tool_source", "From"),
        Column("call_count", "Calls", "count"),
        Column("failed_count", "Failed", "count"),
        Column("tokens", "Results, tokens of 4 bytes", "tokens"),
        Column("mean_tokens", "per call", "tokens"),
        Column("mean_seconds", "Seconds per call", "count"),
    ),
    frozenset({"dates"}),
    "fct_telemetry_tools_daily.result_bytes",
    empty="No telemetry of these days, or the file leaves it out at its level of privacy.",
)
HEADROOM = Chart(
    "rate_headroom",
    "How close did the busiest minute come to each rate limit?",
    f"""
    select
        case rate_limit_id
            when 'unmapped' then 'Models that no limit names'
            else coalesce(rate_limit_name, rate_limit_id)
        end || ', ' || case limit_type
            when 'requests_per_minute' then 'requests'
            when 'input_tokens_per_minute' then 'input tokens'
            when 'output_tokens_per_minute' then 'output tokens'
            else replace(limit_type, '_', ' ')
        end as rate_limit,
        max(coalesce(peak_tokens, peak_request_count)) as peak,
        arg_max(
            peak_minute_started_at,
            (coalesce(peak_tokens, peak_request_count), -epoch(usage_date))
        ) filter (coalesce(peak_tokens, peak_request_count) > 0) as peak_at,
        max(limit_value) as limit_value,
        max(limit_value) - max(coalesce(peak_tokens, peak_request_count)) as headroom,
        max(limit_used_ratio) as used_share,
        1 as whole,
        count(coalesce(peak_tokens, peak_request_count)) || ' of ' || count(*) as days,
        replace(coalesce(max(limit_unknown_reason), max(peak_unknown_reason)), '_', ' ') as why_not
    from token_rate_headroom
    where {IN_DAYS} and workspace_id = coalesce(getvariable('workspace'), 'all')
        and rate_limit_id <> 'all'
    group by rate_limit_id, rate_limit_name, limit_type
    qualify count(peak) over () > 0
    order by used_share desc nulls last, rate_limit
    """,
    (
        Column("rate_limit", "Rate limit, per minute"),
        Column("peak", "Busiest minute", "count"),
        Column("peak_at", "Begun, UTC", "date"),
        Column("limit_value", "Limit as of now", "count"),
        Column("headroom", "Left", "count"),
        Column("used_share", "Used", "ratio"),
        Column("days", "Days with minutes"),
        Column("why_not", "Why not known"),
    ),
    frozenset({"dates", "workspace"}),
    "token_rate_headroom.limit_used_ratio",
    empty=(
        "No busiest minute is known in these days: the reports by minute do not have them, or the"
        " file does not tell it at its level of privacy."
    ),
    marks=lambda: charts.bars_with_level(
        "rate_limit",
        "used_share",
        "whole",
        title="Share used in the busiest minute; the stroke is the limit",
        unit="ratio",
    ),
    says=(
        "A bar for each rate limit: how much of it the busiest minute used. The stroke is the"
        " limit. Limits without a share are in the rows, with the reason."
    ),
)
_INPUT = "input_tokens + cache_read_tokens + cache_creation_tokens"
HABITS = Table(
    "habits",
    "Whose use stands out?",
    f"""
    with dearest as (
        select model_family
        from model_what_if_monthly
        inner join dim_models on model_what_if_monthly.what_if_model = dim_models.model
        where {_IN_MONTHS} and what_if_difference_usd is not null and model_family <> 'unknown'
        group by what_if_model, model_family
        order by sum(what_if_list_cost_usd) / sum(list_cost_usd) desc, what_if_model
        limit 1
    ),

    used as (
        select
            person_key,
            case when getvariable('team') is null then 'all' else team_name end as scope,
            array_to_string(list_sort(list(distinct team_name)), ', ') as teams,
            sum(estimated_cost_usd) as cost_usd,
            sum(estimated_cost_usd) filter (model_family in (select * from dearest)) as dear_usd,
            sum(cache_read_tokens) as cache_read_tokens,
            sum({_INPUT}) as all_input_tokens,
            sum(output_tokens) as output_tokens
        from fct_claude_code_model_usage_daily
        inner join dim_people using (person_key)
        left join dim_models using (model)
        where is_complete_day and {IN_DAYS} and {_DEVELOPERS}
        group by person_key, scope
    ),

    started as (
        select
            person_key,
            case when getvariable('team') is null then 'all' else team_name end as scope,
            sum(session_count) as session_count,
            -- Distinct days as bits, in a fifth of the time.
            bit_count(bitstring_agg(
                cast(usage_date - getvariable('first_day') as integer),
                0,
                cast(getvariable('last_day') - getvariable('first_day') as integer)
            )) as day_count
        from fct_claude_code_activity_daily
        where is_complete_day and {IN_DAYS}
        group by person_key, scope
    ),

    people as (
        select
            *,
            cache_read_tokens / nullif(all_input_tokens, 0) as cache_share,
            all_input_tokens / nullif(output_tokens, 0) as input_per_output,
            all_input_tokens / nullif(session_count, 0) as input_per_session,
            case when exists (from dearest) then coalesce(dear_usd, 0) / nullif(cost_usd, 0) end
            as dear_share
        from used
        left join started using (person_key, scope)
    ),

    -- All people of the organisation, whichever team is asked for.
    everyone as (
        select
            sum(cache_read_tokens) / nullif(sum(all_input_tokens), 0) as cache_share,
            sum(all_input_tokens) / nullif(sum(output_tokens), 0) as input_per_output,
            sum(all_input_tokens) filter (session_count > 0)
            / nullif(sum(session_count), 0) as input_per_session,
            case
                when exists (from dearest)
                    then sum(coalesce(dear_usd, 0)) / nullif(sum(cost_usd), 0)
            end as dear_share
        from people
    ),

    compared as (
        select
            display_name as person,
            teams,
            people.day_count,
            people.cost_usd,
            people.cache_share,
            people.input_per_session,
            people.input_per_output,
            people.dear_share,
            case when people.day_count >= 5 then concat_ws(
                '; ',
                case
                    when people.cache_share < everyone.cache_share - 0.03 then 'reads '
                        || format('{{:.0f}}', 100 * (everyone.cache_share - people.cache_share))
                        || ' points less from the cache'
                end,
                case
                    when people.input_per_session > 1.5 * everyone.input_per_session then format(
                        '{{:.1f}}', people.input_per_session / everyone.input_per_session
                    ) || ' times the input per session'
                end,
                case
                    when people.input_per_output > 1.25 * everyone.input_per_output then format(
                        '{{:.1f}}', people.input_per_output / everyone.input_per_output
                    ) || ' times the input per output'
                end,
                case
                    when people.dear_share > everyone.dear_share + 0.1 then
                        format('{{:.0f}}', 100 * (people.dear_share - everyone.dear_share))
                        || ' points more for the dearest models'
                end
            ) end as found
        from people
        cross join everyone
        left join dim_people using (person_key)
        where getvariable('team') is null or scope = getvariable('team')
    )

    select
        person,
        teams,
        day_count,
        cost_usd,
        cache_share,
        input_per_session,
        input_per_output,
        dear_share,
        (select * from dearest) as dearest_family,
        nullif(found, '') as stands_out
    from compared
    order by stands_out is null, cost_usd desc nulls last, person
    """,
    (
        Column("person", "Person"),
        Column("teams", "Team"),
        Column("day_count", "Active days", "count"),
        Column("cost_usd", "Estimate", "usd"),
        Column("cache_share", "Read from the cache", "ratio"),
        Column("input_per_session", "Input per session", "tokens"),
        Column("input_per_output", "Input per output token", "count"),
        Column("dear_share", "Share of the dearest family", "ratio"),
        Column("dearest_family", "Dearest family"),
        Column("stands_out", "Beside all people"),
    ),
    DATES_AND_TEAM,
    "fct_claude_code_model_usage_daily.cache_read_tokens",
    empty=(
        "Claude Code’s report tells of no people in these days, or the file does not tell people"
        " at its level of privacy."
    ),
)

PAGE = Page(
    "efficiency",
    "Efficiency",
    "Could the same work cost less?",
    figures=(CACHE_SHARE, CACHE_SAVING, DEVELOPER_DAY, TIGHTEST_LIMIT),
    sections=(
        Section(
            "Cache",
            (INPUT_BY_DAY, CACHE_BY_TEAM),
            "All at list price, before discounts. People’s sessions repeat their prompts and read"
            " most of them from the cache; products often cannot.",
        ),
        Section("Cost of a developer", (PROFILE,)),
        Section(
            "Models",
            (WHAT_IF, WHAT_IF_PAIRS),
            "Prices only, of whole months: another model may need more or fewer tokens and"
            " attempts for the same work. Each line is another answer about the same tokens, so"
            " none can be added to another.",
        ),
        Section(
            "Context",
            (LEVERS, TOOL_RESULTS),
            "From telemetry, and from transcripts where telemetry tells nothing of a person’s day."
            " Of whole months, at list prices, and no bill. Levers overlap: none can be added to"
            " another. What is not told is in no amount.",
        ),
        Section("Rate limits", (HEADROOM,)),
        Section(
            "Where habits would pay",
            (HABITS,),
            "Little read from the cache points to instructions or tools that change within a"
            " session, or to long pauses. Much input per session points to compacting or clearing"
            " the context between tasks. Much input per output points to tools that are always"
            " loaded and could be deferred, and to long instructions that could be skills. A large"
            " share of the dearest models points to a cheaper default. These are places to ask,"
            " not findings: the work itself may need it. Named are people with five active days"
            " who are 3 points lower in the cache, 1.5 times in input per session, 1.25 times in"
            " input per output or 10 points higher in the dearest models than all people together."
            " No report tells what a prompt is made of, which tools or skills were loaded, or which"
            " hooks ran. What telemetry tells of it stands under Context.",
        ),
    ),
)
