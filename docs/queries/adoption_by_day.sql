-- How many people use Claude Code on a day, in a week, in four weeks, and how regularly?
select
    usage_date,
    active_1d_count,
    active_7d_count,
    active_28d_count,
    active_person_days_28d_count,
    possible_person_days_28d_count,
    round(stickiness_ratio, 4) as stickiness_ratio
from marts.adoption_daily
where organization_id = 'all' and team_name = 'all'
order by usage_date;
