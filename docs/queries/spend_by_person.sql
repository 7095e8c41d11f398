-- What did each person cost per month, by Claude Code's own estimate and of the bill?
select
    month_start_date,
    display_name,
    person_kind,
    estimated_cost_usd,
    allocated_cost_usd
from marts.person_costs_monthly
inner join marts.dim_people using (person_key)
order by month_start_date, estimated_cost_usd desc nulls last, display_name;
