-- How many pull requests did each person who was active in Claude Code merge, by week?
select
    week_start_date,
    team_name,
    active_person_count,
    active_author_count,
    merged_pull_request_of_active_count,
    merged_pull_requests_per_active_person,
    merged_pull_request_count - merged_pull_request_of_active_count as merged_of_others_count,
    -- Others are still to be read in part.
    is_complete_week
from marts.pull_requests_per_person_weekly
order by week_start_date, team_name <> 'all', team_name;
