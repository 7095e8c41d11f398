{#- People are ranked only where somebody has chosen so. -#}
{%- set leaderboard = env_var('LEADERBOARD', '') or var('leaderboard', 'off') -%}
{%- set is_on = leaderboard | string | lower in ['on', 'true', 'yes', '1'] -%}
with people as (

    select person_key
    from {{ ref('int_people_known') }}
    where is_human

),

activity as (

    select
        person_key,
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        sum(lines_added) as lines_accepted,
        sum(pull_request_count) as claude_code_pull_request_count
    from {{ ref('fct_claude_code_activity_daily') }}
    where is_complete_day
    group by person_key, date_trunc('month', usage_date)

),

model_usage as (

    select
        person_key,
        month_start_date,
        estimated_cost_usd
    from {{ ref('person_costs_monthly') }}
    where claude_code_day_count > 0

),

merged_pull_requests as (

    select
        person_key,
        cast(date_trunc('month', merged_at) as date) as month_start_date,
        count(*) as merged_pull_request_count
    from {{ ref('fct_pull_requests') }}
    where merged_at is not null
    group by person_key, date_trunc('month', merged_at)

),

unioned as (

    select * from activity
    union all by name
    select * from model_usage
    union all by name
    select * from merged_pull_requests

),

by_person as (

    select
        unioned.person_key,
        unioned.month_start_date,
        cast(coalesce(sum(unioned.lines_accepted), 0) as bigint) as lines_accepted,
        cast(coalesce(sum(unioned.claude_code_pull_request_count), 0) as bigint)
            as claude_code_pull_request_count,
        cast(coalesce(sum(unioned.merged_pull_request_count), 0) as bigint)
            as merged_pull_request_count,
        cast(sum(unioned.estimated_cost_usd) as decimal(18, 6)) as estimated_cost_usd
    from unioned
    inner join people on unioned.person_key = people.person_key
    where {{ 'true' if is_on else 'false' }}
    group by unioned.person_key, unioned.month_start_date

)

select
    person_key,
    lines_accepted,
    claude_code_pull_request_count,
    merged_pull_request_count,
    estimated_cost_usd,
    rank() over (partition by month_start_date order by lines_accepted desc)
        as lines_accepted_rank,
    rank() over (partition by month_start_date order by merged_pull_request_count desc)
        as merged_pull_request_rank,
    case
        when estimated_cost_usd is not null
            then rank() over (
                partition by month_start_date order by estimated_cost_usd desc nulls last
            )
    end as estimated_cost_rank,
    count(*) over (partition by month_start_date) as person_count,
    month_start_date
from by_person
