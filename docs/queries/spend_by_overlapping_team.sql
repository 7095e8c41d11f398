-- What does each team cost if a person in several counts in each?
-- Not to be added up: the primary part alone is each dollar once.
select
    date_trunc('month', usage_date) as month_start_date,
    memberships.team_name,
    count(distinct memberships.person_key) as person_count,
    sum(allocated_cost_usd) as overlapping_cost_usd,
    coalesce(sum(allocated_cost_usd) filter (is_primary), 0) as primary_cost_usd
from marts.fct_cost_attribution_daily as costs
inner join marts.dim_team_memberships as memberships
    on costs.person_key = memberships.person_key
    and costs.usage_date >= coalesce(memberships.valid_from, date '-infinity')
    and costs.usage_date < coalesce(memberships.valid_to, date 'infinity')
group by all
order by month_start_date, overlapping_cost_usd desc;
