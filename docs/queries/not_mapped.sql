-- What is counted under nobody: services, bots and the unknown?
select
    person_kind,
    display_name,
    count(distinct actor_key) as actor_count,
    sum(session_count) as session_count,
    sum(lines_added) as lines_added
from marts.fct_claude_code_activity_daily
inner join marts.dim_people using (person_key)
where person_kind in ('service', 'bot', 'unknown')
group by all
order by session_count desc;
