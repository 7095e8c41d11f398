-- What would each person's costs have been at list prices, and what was the discount?
select
    month_start_date,
    display_name,
    sum(allocated_cost_usd) filter (where list_cost_usd is not null) as allocated_cost_usd,
    sum(list_cost_usd) as list_cost_usd,
    sum(discount_usd) as discount_usd,
    sum(discount_usd) / nullif(sum(list_cost_usd), 0) as discount_ratio,
    -- Costs that no list price is known for.
    sum(allocated_cost_usd) filter (where list_cost_usd is null) as unlisted_cost_usd
from marts.person_discounts_monthly
inner join marts.dim_people using (person_key)
group by all
order by month_start_date, list_cost_usd desc nulls last, display_name;
