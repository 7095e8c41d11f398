with merged_pull_requests as (

    select
        repository_id,
        pull_request_number,
        merge_commit_sha
    from {{ ref('stg_github__pull_requests') }}
    -- Before the merge GitHub names a throw-away test merge.
    where merged_at is not null

),

commits as (

    select * from {{ ref('stg_github__commits') }}

),

branch_commits as (

    select * from {{ ref('stg_github__pull_request_commits') }}
    where not is_merge

),

candidates as (

    select
        merged_pull_requests.repository_id,
        merged_pull_requests.pull_request_number,
        commits.commit_sha,
        commits.author_email,
        commits.authored_at
    from merged_pull_requests
    inner join commits
        on
            merged_pull_requests.repository_id = commits.repository_id
            and merged_pull_requests.merge_commit_sha = commits.commit_sha
    where not commits.is_merge

),

branch_sizes as (

    select
        candidates.repository_id,
        candidates.pull_request_number,
        count(*) as branch_commit_count,
        -- A rebase or a fast-forward keeps each author and author's time; a squash is dated at the
        -- merge.
        bool_or(
            branch_commits.commit_sha = candidates.commit_sha
            or (
                branch_commits.author_email = candidates.author_email
                and branch_commits.authored_at = candidates.authored_at
            )
        ) as is_copy_of_branch_commit
    from candidates
    inner join branch_commits
        on
            candidates.repository_id = branch_commits.repository_id
            and candidates.pull_request_number = branch_commits.pull_request_number
    group by candidates.repository_id, candidates.pull_request_number

)

select
    candidates.repository_id,
    candidates.commit_sha,
    candidates.pull_request_number
from candidates
left join branch_sizes
    on
        candidates.repository_id = branch_sizes.repository_id
        and candidates.pull_request_number = branch_sizes.pull_request_number
-- The last of several rebased commits stands for itself, not for its siblings. A single commit is
-- the whole pull request, whichever button was pressed.
where not (
    coalesce(branch_sizes.is_copy_of_branch_commit, false)
    and coalesce(branch_sizes.branch_commit_count, 0) > 1
)
