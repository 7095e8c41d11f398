-- Who came, stayed, came back and went, four weeks against the four weeks before?
select
    usage_date,
    active_28d_count,
    new_count,
    retained_count,
    resurrected_count,
    lapsed_count,
    dormant_count
from marts.adoption_daily
where organization_id = 'all' and team_name = 'all' and new_count is not null
order by usage_date;
