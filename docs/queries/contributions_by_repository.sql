-- Where does work with Claude land: commits and lines by repository?
select
    repository,
    claude_attribution,
    sum(commit_count) as commit_count,
    sum(commit_lines_added) as commit_lines_added,
    sum(commit_lines_removed) as commit_lines_removed
from marts.contributions_weekly
group by all
order by repository, claude_attribution;
