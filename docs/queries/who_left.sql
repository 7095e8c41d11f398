-- Who has left or is in no directory, and what did Claude Code cost under their name?
select
    display_name,
    person_kind,
    left_at,
    max(usage_date) as last_used_date,
    sum(estimated_cost_usd) as estimated_cost_usd
from marts.dim_people
inner join marts.fct_claude_code_model_usage_daily using (person_key)
where person_kind in ('former_member', 'guest')
group by all
order by last_used_date desc;
