{%- set window_days = var('repository_cost_window_days', 3) -%}
{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints'), ref('int_work_day_fingerprints')) }}",
    meta={"days_before": window_days, "days_after": window_days},
) }}

with costs as (

    select
        usage_date,
        person_key,
        sum(estimated_cost_usd) as person_cost_usd,
        bool_and(is_complete_day) as is_complete_day
    from {{ ref('fct_claude_code_model_usage_daily') }}
    where {{ in_changed_days('usage_date') }}
    group by usage_date, person_key

),

-- A commit, and a pull request when it is opened and when it is merged: each counts one.
work as (

    select person_key, repository_id, repository, cast(authored_at as date) as work_date
    from {{ ref('fct_commits') }}
    where not is_merge and {{ in_changed_days('cast(authored_at as date)', window_days, window_days) }}
    union all
    select person_key, repository_id, repository, cast(created_at as date) as work_date
    from {{ ref('fct_pull_requests') }}
    where {{ in_changed_days('cast(created_at as date)', window_days, window_days) }}
    union all
    select person_key, repository_id, repository, cast(merged_at as date) as work_date
    from {{ ref('fct_pull_requests') }}
    where merged_at is not null and {{ in_changed_days('cast(merged_at as date)', window_days, window_days) }}

),

work_days as (

    select
        person_key,
        repository_id,
        repository,
        work_date,
        count(*) as work_count
    from work
    where person_key <> 'unknown'
    group by person_key, repository_id, repository, work_date

),

-- Each day of work lends itself to the days around it, by as much less as it is further away.
around as (

    select
        person_key,
        repository_id,
        repository,
        cast(work_date + distance as date) as usage_date,
        sum(work_count) filter (where distance = 0) as same_day_weight,
        sum(work_count * ({{ window_days }} + 1 - abs(distance))) as nearby_weight
    from work_days
    cross join (
        select cast(unnest(range(-{{ window_days }}, {{ window_days }} + 1)) as integer) as distance
    ) as distances
    group by person_key, repository_id, repository, work_date + distance

),

candidates as (

    select
        costs.usage_date,
        costs.person_key,
        around.repository_id,
        around.repository,
        {{ micros('costs.person_cost_usd') }} as cost_micros,
        coalesce(around.same_day_weight, 0) as same_day_weight,
        around.nearby_weight,
        max(coalesce(around.same_day_weight, 0)) over (
            partition by costs.person_key, costs.usage_date
        ) > 0 as has_same_day
    from costs
    inner join around
        on costs.person_key = around.person_key and costs.usage_date = around.usage_date

),

weighed as (

    select
        *,
        case when has_same_day then same_day_weight else nearby_weight end as work_weight,
        sum(case when has_same_day then same_day_weight else nearby_weight end) over (
            partition by person_key, usage_date
        ) as total_weight,
        count(*) over (partition by person_key, usage_date) as repository_count
    from candidates
    where not has_same_day or same_day_weight > 0

),

-- Rounded down, and what is left by the largest remainders, one millionth each.
shared as (

    select
        *,
        (cost_micros * work_weight) // total_weight as share_micros,
        row_number() over (
            partition by person_key, usage_date
            order by (cost_micros * work_weight) % total_weight desc, repository_id
        ) as remainder_rank,
        cost_micros - sum((cost_micros * work_weight) // total_weight) over (
            partition by person_key, usage_date
        ) as left_micros
    from weighed

),

unioned as (

    select
        usage_date,
        person_key,
        repository_id,
        repository,
        case when has_same_day then 'same_day' else 'nearby_days' end as allocation_method,
        case
            when not has_same_day then 'low'
            when repository_count = 1 then 'high'
            else 'medium'
        end as allocation_confidence,
        work_weight,
        total_weight,
        cast(
            cast(
                share_micros + case when remainder_rank <= left_micros then 1 else 0 end
                as decimal(18, 0)
            ) * 0.000001
            as decimal(18, 6)
        ) as estimated_cost_usd
    from shared

    union all by name

    select
        costs.usage_date,
        costs.person_key,
        'unassigned' as repository,
        'unassigned' as allocation_method,
        'none' as allocation_confidence,
        0 as work_weight,
        0 as total_weight,
        cast(costs.person_cost_usd as decimal(18, 6)) as estimated_cost_usd
    from costs
    anti join shared
        on costs.person_key = shared.person_key and costs.usage_date = shared.usage_date

)

select
    unioned.person_key,
    unioned.repository_id,
    unioned.repository,
    unioned.allocation_method,
    unioned.allocation_confidence,
    cast(unioned.work_weight as bigint) as work_weight,
    cast(unioned.total_weight as bigint) as total_weight,
    unioned.estimated_cost_usd,
    costs.is_complete_day,
    unioned.usage_date
from unioned
inner join costs
    on unioned.person_key = costs.person_key and unioned.usage_date = costs.usage_date
