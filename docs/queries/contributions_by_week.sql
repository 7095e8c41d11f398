-- How many pull requests were merged, and how many of them with Claude at least, at most and by best estimate?
select
    week_start_date,
    sum(merged_pull_request_count) as merged_pull_request_count,
    coalesce(
        sum(merged_pull_request_count) filter (claude_attribution = 'with_claude'), 0
    ) as with_claude_lower_count,
    round(sum(estimated_pull_request_with_claude_count), 1) as with_claude_estimate,
    coalesce(
        sum(merged_pull_request_count) filter (attribution_liberal = 'with_claude'), 0
    ) as with_claude_upper_count,
    bool_and(is_complete_week) as is_complete_week
from marts.contributions_weekly
group by week_start_date
order by week_start_date;
