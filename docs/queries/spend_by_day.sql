-- What was billed on each day, and is that day complete?
select
    usage_date,
    sum(billed_cost_usd) as billed_cost_usd,
    bool_and(is_complete_day) as is_complete_day
from marts.fct_billed_costs_daily
group by all
order by usage_date;
