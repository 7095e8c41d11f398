-- Which teams use Claude Code, as of the last complete day, and which seats has nobody used?
select
    team_name,
    usage_date,
    active_1d_count,
    active_28d_count,
    seat_count,
    seats_never_used_count
from marts.adoption_daily
where organization_id = 'all'
qualify usage_date = max(usage_date) filter (where is_complete_day) over ()
order by seat_count desc, team_name;
