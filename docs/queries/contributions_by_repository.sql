-- Where does work with Claude land: commits by repository, with Claude at least, at most and by best estimate?
select
    repository,
    sum(commit_count) as commit_count,
    coalesce(
        sum(commit_count) filter (claude_attribution = 'with_claude'), 0
    ) as with_claude_lower_count,
    round(sum(estimated_commit_with_claude_count), 1) as with_claude_estimate,
    coalesce(
        sum(commit_count) filter (attribution_liberal = 'with_claude'), 0
    ) as with_claude_upper_count,
    sum(commit_lines_added) as commit_lines_added,
    sum(commit_lines_removed) as commit_lines_removed
from marts.contributions_weekly
group by repository
order by repository;
