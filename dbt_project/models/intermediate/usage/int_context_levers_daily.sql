-- Long: four levers, each with its own sums of the same days.
with requests as (

    select
        *,
        uncached_input_tokens + output_tokens + cache_read_tokens + cache_creation_5m_tokens
        + cache_creation_1h_tokens as tokens,
        rewritten_5m_tokens + rewritten_1h_tokens as rewritten_tokens
    from {{ ref('int_context_requests') }}

),

results as (

    select
        usage_date,
        person_key,
        team_name,
        'telemetry' as usage_source,
        count(distinct request_key) as request_count,
        count(*) as call_count,
        count(*) filter (where cost_usd is null) as unpriced_count,
        sum(result_tokens) as token_count,
        sum(cost_usd) as spent_usd,
        -- Half of what the large ones cost.
        coalesce(sum(cost_usd) filter (where is_large), 0) * 0.5 as saving_usd
    from {{ ref('int_context_tool_results') }}
    group by usage_date, person_key, team_name

),

idle as (

    select
        'idle_cache' as lever,
        usage_date,
        person_key,
        team_name,
        usage_source,
        count(*) filter (where rewritten_tokens > 0) as request_count,
        count(*) filter (where rewritten_tokens > 0 and rewritten_cost_usd is null)
            as unpriced_count,
        sum(rewritten_tokens) as token_count,
        sum(rewritten_cost_usd) as spent_usd,
        sum(rewritten_cost_usd - read_instead_cost_usd) as saving_usd
    from requests
    group by usage_date, person_key, team_name, usage_source

),

subagents as (

    select
        'subagents_on_cheaper_models' as lever,
        usage_date,
        person_key,
        team_name,
        usage_source,
        count(*) filter (where is_subagent) as request_count,
        count(*) filter (where is_subagent and cost_usd is null) as unpriced_count,
        sum(tokens) filter (where is_subagent) as token_count,
        sum(cost_usd) filter (where is_subagent) as spent_usd,
        -- What is as cheap already saves nothing.
        sum(case when cheaper_cost_usd > cost_usd then 0 else cost_usd - cheaper_cost_usd end)
            filter (where is_subagent) as saving_usd
    from requests
    group by usage_date, person_key, team_name, usage_source

),

compactions as (

    select
        'compaction' as lever,
        usage_date,
        person_key,
        team_name,
        usage_source,
        count(*) filter (where is_compaction) as request_count,
        count(*) filter (where is_compaction and cost_usd is null) as unpriced_count,
        sum(tokens) filter (where is_compaction) as token_count,
        sum(cost_usd) filter (where is_compaction) as spent_usd
    from requests
    group by usage_date, person_key, team_name, usage_source

),

-- A row too for days of people without any result.
tool_results as (

    select
        'tool_results' as lever,
        days.usage_date,
        days.person_key,
        days.team_name,
        days.usage_source,
        coalesce(results.request_count, 0) as request_count,
        coalesce(results.call_count, 0) as call_count,
        coalesce(results.unpriced_count, 0) as unpriced_count,
        results.token_count,
        results.spent_usd,
        results.saving_usd
    from idle as days
    left join results
        on
            days.usage_date = results.usage_date
            and days.person_key = results.person_key
            and days.team_name = results.team_name
            and days.usage_source = results.usage_source

),

unioned as (

    select * from idle
    union all by name
    select * from subagents
    union all by name
    select * from compactions
    union all by name
    select * from tool_results

)

-- Transcripts tell of no compaction, and not in what order results came. Without any request the
-- figures are 0; null is what has no price.
select
    usage_date,
    person_key,
    team_name,
    usage_source,
    lever,
    is_told,
    case when is_told then request_count end as request_count,
    case when is_told then call_count end as call_count,
    case when is_told then unpriced_count end as unpriced_count,
    case when is_told then cast(coalesce(token_count, 0) as bigint) end as token_count,
    case
        when is_told and request_count = 0 then 0
        when is_told then cast(spent_usd as decimal(24, 12))
    end as spent_usd,
    case
        when lever = 'compaction' then null
        when is_told and request_count = 0 then 0
        when is_told and spent_usd is not null then cast(saving_usd as decimal(24, 12))
    end as saving_usd
from (
    select
        *,
        usage_source = 'telemetry' or lever in ('idle_cache', 'subagents_on_cheaper_models')
            as is_told
    from unioned
) as levers
