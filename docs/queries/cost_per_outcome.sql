-- What does a merged pull request with Claude cost each team and repository, and how sure is that?
select
    month_start_date,
    scope_type,
    case scope_type when 'team' then team_name else repository end as scope,
    cost_basis,
    allocated_cost_usd,
    merged_pull_request_count,
    cost_per_merged_pull_request_usd,
    cost_per_merged_pull_request_lower_usd,
    cost_per_merged_pull_request_upper_usd,
    cost_confidence,
    cost_per_commit_usd,
    cost_per_1000_effective_lines_usd,
    undetermined_change_ratio,
    month_unassigned_cost_ratio,
    is_complete_month
from marts.cost_per_outcome_monthly
where not is_unassigned
order by month_start_date, scope_type, allocated_cost_usd desc nulls last, scope;
