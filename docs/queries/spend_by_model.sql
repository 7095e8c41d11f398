-- What was billed per model and month, and what would it have been at list prices?
select
    date_trunc('month', usage_date) as month_start_date,
    model,
    sum(billed_cost_usd) as billed_cost_usd,
    -- Null in reports that do not say.
    sum(list_cost_usd) as list_cost_usd
from marts.fct_billed_costs_daily
group by all
order by month_start_date, billed_cost_usd desc;
