-- How many proposals of each tool are accepted, by month?
-- Sums are divided, never ratios averaged.
select
    date_trunc('month', usage_date) as month_start_date,
    tool_name,
    sum(accepted_count) as accepted_count,
    sum(decision_count) as decision_count,
    case
        when sum(decision_count) >= max(minimum_decision_count)
            then round(sum(accepted_count) / sum(decision_count), 4)
    end as acceptance_ratio
from marts.tool_acceptance_daily
group by all
order by month_start_date, decision_count desc;
