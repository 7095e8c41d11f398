with teams as (

    select * from {{ ref('int_team_memberships') }}
    where is_primary

),

commits as (

    select
        *,
        cast(committed_at as date) as committed_date
    from {{ ref('int_commits_attribution_read') }}

),

estimated as (

    select * from {{ ref('int_commits_estimated') }}

),

repositories as (

    select * from {{ ref('dim_repositories') }}

)

select
    commits.repository_id,
    repositories.repository,
    commits.commit_sha,
    commits.person_key,
    {{ team_of_day() }} as team_name,
    {{ cost_center_of_day() }} as cost_center,
    commits.matching_rule as person_matching_rule,
    commits.claude_attribution,
    commits.attribution_confidence,
    commits.attribution_balanced,
    commits.attribution_liberal,
    commits.attribution_reason,
    estimated.attribution_estimated,
    estimated.estimate_reason,
    estimated.claude_probability,
    -- The difference of a merge to its first parent holds the lines of the merged commits again.
    case when commits.is_merge then 0 else commits.lines_added end as lines_added,
    case when commits.is_merge then 0 else commits.lines_removed end as lines_removed,
    commits.changed_file_count,
    commits.is_merge,
    commits.authored_at,
    commits.committed_at,
    commits.committed_date
from commits
inner join repositories on commits.repository_id = repositories.repository_id
left join estimated
    on
        commits.repository_id = estimated.repository_id
        and commits.commit_sha = estimated.commit_sha
{{ join_primary_team('commits', 'committed_date') }}
