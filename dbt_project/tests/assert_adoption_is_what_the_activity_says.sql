-- People active up to the last day of each month, counted one by one.
with last_days as (

    select
        organization_id,
        max(usage_date) as usage_date
    from {{ ref('adoption_daily') }}
    where
        team_name = 'all'
        and complete_day_count_28d = 28
        and {{ in_untested_days('usage_date') }}
    group by organization_id, date_trunc('month', usage_date)

),

recounted as (

    select
        last_days.organization_id,
        last_days.usage_date,
        count(distinct activity.person_key) filter (
            where activity.usage_date = last_days.usage_date
        ) as active_1d_count,
        count(distinct activity.person_key) filter (
            where activity.usage_date > last_days.usage_date - 7
        ) as active_7d_count,
        count(distinct activity.person_key) as active_28d_count
    from last_days
    left join (
        select fct_claude_code_activity_daily.*
        from {{ ref('fct_claude_code_activity_daily') }} as fct_claude_code_activity_daily
        inner join {{ ref('dim_people') }} as dim_people
            on
                fct_claude_code_activity_daily.person_key = dim_people.person_key
                and dim_people.person_kind not in ('bot', 'service', 'unknown')
        where fct_claude_code_activity_daily.is_complete_day
    ) as activity
        on
            (
                last_days.organization_id = activity.organization_id
                or last_days.organization_id = 'all'
            )
            and activity.usage_date between last_days.usage_date - 27 and last_days.usage_date
    group by last_days.organization_id, last_days.usage_date

)

select
    adoption.organization_id,
    adoption.usage_date
from recounted
inner join {{ ref('adoption_daily') }} as adoption
    on
        recounted.organization_id = adoption.organization_id
        and recounted.usage_date = adoption.usage_date
        and adoption.team_name = 'all'
where
    adoption.active_1d_count <> recounted.active_1d_count
    or adoption.active_7d_count <> recounted.active_7d_count
    or adoption.active_28d_count <> recounted.active_28d_count
