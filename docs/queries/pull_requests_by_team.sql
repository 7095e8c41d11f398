-- How many pull requests did each team merge in each month: with Claude at least, at most and by best estimate?
select
    date_trunc('month', merged_date) as month_start_date,
    team_name,
    cost_center,
    count(*) as merged_pull_request_count,
    count(*) filter (where claude_attribution = 'with_claude') as with_claude_at_least_count,
    round(sum(claude_probability), 1) as with_claude_estimate,
    count(*) filter (where attribution_liberal = 'with_claude') as with_claude_at_most_count
from marts.fct_pull_requests
where merged_date is not null
group by all
order by month_start_date, merged_pull_request_count desc, team_name;
