-- What does each team cost if a person in several counts in each?
-- Not to be added up; for the one team that a person counts in, take team_name of the facts. Who is
-- in several is in dim_team_memberships alone: only this question needs its days.
select
    date_trunc('month', usage_date) as month_start_date,
    coalesce(memberships.team_name, 'unassigned') as team_name,
    count(distinct costs.person_key) as person_count,
    sum(allocated_cost_usd) as overlapping_cost_usd,
    coalesce(sum(allocated_cost_usd) filter (is_primary), 0) as primary_cost_usd
from marts.fct_cost_attribution_daily as costs
left join marts.dim_team_memberships as memberships
    on costs.person_key = memberships.person_key
    and costs.usage_date >= coalesce(memberships.valid_from, date '-infinity')
    and costs.usage_date < coalesce(memberships.valid_to, date 'infinity')
group by all
order by month_start_date, overlapping_cost_usd desc;
