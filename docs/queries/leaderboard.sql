-- Who leads in lines accepted, merged pull requests and spend, where the leaderboard is on?
select
    month_start_date,
    display_name,
    lines_accepted,
    lines_accepted_rank,
    merged_pull_request_count,
    merged_pull_request_rank,
    estimated_cost_usd,
    estimated_cost_rank,
    person_count
from marts.leaderboard_monthly
inner join marts.dim_people using (person_key)
order by month_start_date, lines_accepted_rank, display_name;
