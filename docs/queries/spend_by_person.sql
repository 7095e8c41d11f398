-- What did Claude Code cost per person and month, by its own estimate?
select
    date_trunc('month', usage_date) as month_start_date,
    display_name,
    person_kind,
    sum(estimated_cost_usd) as estimated_cost_usd
from marts.fct_claude_code_model_usage_daily
inner join marts.dim_people using (person_key)
group by all
order by month_start_date, estimated_cost_usd desc nulls last;
