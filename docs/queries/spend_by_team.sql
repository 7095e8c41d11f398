-- What was billed per team and month, what belongs to no team included?
with daily as (
    select
        usage_date,
        team_name,
        cost_center,
        sum(allocated_cost_usd) as allocated_cost_usd
    from marts.fct_cost_attribution_daily
    group by all
)

select
    date_trunc('month', usage_date) as month_start_date,
    team_name,
    cost_center,
    sum(allocated_cost_usd) as allocated_cost_usd
from daily
group by all
order by month_start_date, allocated_cost_usd desc;
