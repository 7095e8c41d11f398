-- In which team and terminal are proposals rejected most?
select
    team_name,
    terminal_type,
    sum(rejected_count) as rejected_count,
    sum(decision_count) as decision_count,
    case
        when sum(decision_count) >= max(minimum_decision_count)
            then round(sum(rejected_count) / sum(decision_count), 4)
    end as rejected_ratio
from marts.tool_acceptance_daily
group by all
order by rejected_ratio desc nulls last;
