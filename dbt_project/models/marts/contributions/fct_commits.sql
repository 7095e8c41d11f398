with commits as (

    select * from {{ ref('stg_github__commits') }}
    -- A rewritten history no longer has them.
    where left_default_branch_at is null

),

repositories as (

    select * from {{ ref('dim_repositories') }}

),

people as (

    select * from {{ ref('int_commits_matched_to_people') }}

),

attributed as (

    select * from {{ ref('int_commits_attributed') }}

),

readings as (

    select * from {{ ref('int_commits_attribution_read') }}

)

select
    commits.repository_id,
    repositories.repository,
    commits.commit_sha,
    people.person_key,
    people.matching_rule as person_matching_rule,
    attributed.claude_attribution,
    attributed.attribution_confidence,
    readings.attribution_balanced,
    readings.attribution_liberal,
    readings.attribution_reason,
    -- The difference of a merge to its first parent holds the lines of the merged commits again.
    case when commits.is_merge then 0 else commits.lines_added end as lines_added,
    case when commits.is_merge then 0 else commits.lines_removed end as lines_removed,
    commits.changed_file_count,
    commits.is_merge,
    commits.authored_at,
    commits.committed_at
from commits
inner join repositories on commits.repository_id = repositories.repository_id
inner join people
    on commits.repository_id = people.repository_id and commits.commit_sha = people.commit_sha
left join attributed
    on
        commits.repository_id = attributed.repository_id
        and commits.commit_sha = attributed.commit_sha
left join readings
    on
        commits.repository_id = readings.repository_id
        and commits.commit_sha = readings.commit_sha
