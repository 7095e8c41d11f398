-- How many pull requests were merged with Claude, without evidence of it, and undetermined?
with weeks as (

    select
        week_start_date,
        claude_attribution,
        sum(merged_pull_request_count) as merged_pull_request_count,
        bool_and(is_complete_week) as is_complete_week
    from marts.contributions_weekly
    group by all

)

select
    week_start_date,
    claude_attribution,
    merged_pull_request_count,
    sum(merged_pull_request_count) over (partition by week_start_date)
        as all_merged_pull_request_count,
    is_complete_week
from weeks
order by week_start_date, claude_attribution;
