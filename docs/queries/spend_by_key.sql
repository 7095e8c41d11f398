-- What did each API key cost last month, by kind of token, and what did a million of these cost?
select
    month_start_date,
    api_key_name,
    model,
    token_type,
    sum(allocated_cost_usd) as allocated_cost_usd,
    sum(billed_tokens) as billed_tokens,
    sum(allocated_cost_usd) * 1e6 / nullif(sum(billed_tokens), 0) as usd_per_million_tokens
from marts.key_costs_monthly
inner join marts.dim_api_keys using (api_key_id)
where
    month_start_date = (select max(month_start_date) from marts.key_costs_monthly)
    and cost_type = 'tokens'
    and tokens_unknown_reason is null
group by all
order by month_start_date, allocated_cost_usd desc, api_key_name, model, token_type;
