-- Where people are ranked, each line that a person accepted on a complete day is in the ranking.
with ranked as (

    select
        month_start_date,
        sum(lines_accepted) as lines_accepted
    from {{ ref('leaderboard_monthly') }}
    group by month_start_date

),

accepted as (

    select
        cast(date_trunc('month', activity.usage_date) as date) as month_start_date,
        sum(activity.lines_added) as lines_accepted
    from {{ ref('fct_claude_code_activity_daily') }} as activity
    inner join {{ ref('dim_people') }} as people on activity.person_key = people.person_key
    where
        activity.is_complete_day
        and people.person_kind in ('member', 'former_member', 'guest', 'git_only')
    group by date_trunc('month', activity.usage_date)

)

select ranked.month_start_date
from ranked
left join accepted on ranked.month_start_date = accepted.month_start_date
where ranked.lines_accepted <> coalesce(accepted.lines_accepted, 0)
