-- What did each team do with Claude Code in the last three months, at what estimated cost?
-- The team of a person on the day: no membership has to be joined.
select
    date_trunc('month', usage_date) as month_start_date,
    team_name,
    cost_center,
    count(distinct person_key) as person_count,
    sum(estimated_cost_usd) as estimated_cost_usd,
    sum(output_tokens) as output_tokens
from marts.fct_claude_code_model_usage_daily
where
    usage_date >= (
        select date_trunc('month', max(usage_date)) - interval 2 month
        from marts.fct_claude_code_model_usage_daily
    )
group by all
order by month_start_date, estimated_cost_usd desc nulls last, team_name;
