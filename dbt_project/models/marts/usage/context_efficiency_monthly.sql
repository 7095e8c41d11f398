{%- set levers = [
    "idle_cache", "subagents_on_cheaper_models", "compaction", "tool_results", "mcp_definitions"
] -%}
-- Long: amounts, days of people and largest tools of three kinds of scope meet in one row.
with teams as (

    select * from {{ ref('int_team_memberships') }}
    where is_primary

),

people as (

    select * from {{ ref('dim_people') }}

),

levers as (

    select
        *,
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        unnest(['organization', 'team', 'person']) as scope_type,
        unnest(['all', team_name, person_key]) as scope_id
    from {{ ref('int_context_levers_daily') }}

),

used as (

    select distinct
        usage_date,
        person_key
    from {{ ref('usage_source_comparison_daily') }}

),

-- Days of people of whom any source tells.
person_days as (

    select
        used.usage_date,
        used.person_key,
        {{ team_of_day() }} as team_name
    from used
    {{ join_primary_team('used', 'usage_date') }}

    union

    select
        usage_date,
        person_key,
        team_name
    from levers

),

days as (

    select
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        scope_type,
        scope_id,
        count(distinct (usage_date, person_key)) as person_day_count
    from (
        select
            *,
            unnest(['organization', 'team', 'person']) as scope_type,
            unnest(['all', team_name, person_key]) as scope_id
        from person_days
    ) as scoped
    group by month_start_date, scope_type, scope_id

),

months as (

    select
        month_start_date,
        scope_type,
        scope_id,
        lever,
        string_agg(distinct usage_source, ', ' order by usage_source desc) filter (where is_told)
            as usage_sources,
        bool_or(usage_source = 'local') as has_transcripts,
        count(distinct (usage_date, person_key)) filter (where is_told) as told_person_day_count,
        sum(request_count) as request_count,
        sum(call_count) as call_count,
        sum(unpriced_count) as unpriced_count,
        sum(token_count) as token_count,
        sum(spent_usd) as spent_usd,
        sum(saving_usd) as saving_usd
    from levers
    group by month_start_date, scope_type, scope_id, lever

),

tools as (

    select
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        scope_type,
        scope_id,
        'tool_results' as lever,
        tool_name,
        sum(result_tokens) as tool_tokens
    from (
        select
            *,
            unnest(['organization', 'team', 'person']) as scope_type,
            unnest(['all', team_name, person_key]) as scope_id
        from {{ ref('int_context_tool_results') }}
    ) as scoped
    group by month_start_date, scope_type, scope_id, tool_name

),

-- Of tools that put in as much, the first by name.
largest_tools as (

    select * from tools
    qualify row_number() over (
        partition by month_start_date, scope_type, scope_id
        order by tool_tokens desc, tool_name
    ) = 1

),

-- A reason that holds for everybody is said once, for the organisation.
rows_wanted as (

    select
        month_start_date,
        scope_type,
        scope_id,
        unnest({{ levers }}) as lever
    from days
    where scope_type = 'organization'

    union

    select
        month_start_date,
        scope_type,
        scope_id,
        lever
    from months

),

joined as (

    select
        rows_wanted.month_start_date,
        rows_wanted.scope_type,
        rows_wanted.scope_id,
        case when rows_wanted.scope_type = 'person' then people.display_name end as scope_name,
        rows_wanted.lever,
        months.* exclude (month_start_date, scope_type, scope_id, lever, told_person_day_count),
        coalesce(months.told_person_day_count, 0) as told_person_day_count,
        days.person_day_count,
        largest_tools.tool_name,
        largest_tools.tool_tokens
    from rows_wanted
    inner join days using (month_start_date, scope_type, scope_id)
    left join months using (month_start_date, scope_type, scope_id, lever)
    left join largest_tools using (month_start_date, scope_type, scope_id, lever)
    left join people
        on rows_wanted.scope_type = 'person' and rows_wanted.scope_id = people.person_key

)

select
    scope_type,
    scope_id,
    coalesce(scope_name, scope_id) as scope_name,
    lever,
    case lever
        when 'idle_cache' then 'continue_before_the_cache_ends'
        when 'subagents_on_cheaper_models' then 'subagents_on_{{ var("cheaper_model") }}'
        when 'compaction' then 'start_anew_between_tasks'
        when 'tool_results' then 'halve_large_results'
        else 'fewer_mcp_servers'
    end as named_change,
    cast(request_count as bigint) as request_count,
    cast(call_count as bigint) as call_count,
    cast(token_count as bigint) as token_count,
    cast(unpriced_count as bigint) as unpriced_count,
    cast(spent_usd as decimal(24, 12)) as spent_usd,
    cast(saving_usd as decimal(24, 12)) as saving_usd,
    -- A token of four bytes may be one of three or of five.
    case
        when lever = 'tool_results' then cast(saving_usd * 0.8 as decimal(24, 12))
    end as saving_lower_usd,
    case
        when lever = 'tool_results'
            then cast({{ micros('saving_usd') }} * 4 // 3 * 0.000001 as decimal(24, 12))
    end as saving_upper_usd,
    case
        when saving_usd is null then 'none'
        when lever = 'tool_results' or has_transcripts then 'low'
        else 'medium'
    end as confidence,
    case
        when saving_usd is not null then null
        when lever = 'mcp_definitions' then 'no_source_tells_their_size'
        when told_person_day_count = 0 and has_transcripts then 'not_in_transcripts'
        when told_person_day_count = 0 then 'no_source_tells_of_requests'
        when lever = 'compaction' then 'effect_is_not_measured'
        else 'no_list_price'
    end as saving_unknown_reason,
    usage_sources,
    tool_name as largest_tool_name,
    cast(tool_tokens as bigint) as largest_tool_token_count,
    person_day_count,
    told_person_day_count,
    told_person_day_count / nullif(person_day_count, 0) as told_person_day_ratio,
    month_start_date
from joined
