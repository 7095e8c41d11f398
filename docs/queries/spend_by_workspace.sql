-- Which workspace was billed how much in each month, and for what?
select
    date_trunc('month', usage_date) as month_start_date,
    workspace_name,
    cost_type,
    sum(billed_cost_usd) as billed_cost_usd
from marts.fct_billed_costs_daily
inner join marts.dim_workspaces using (workspace_id)
group by all
order by month_start_date, billed_cost_usd desc;
