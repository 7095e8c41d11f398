{{ config(materialized="view") }}

with branch_commits as (

    select
        repository_id,
        pull_request_number,
        commit_sha,
        author_email,
        authored_at
    from {{ ref('stg_github__pull_request_commits') }}
    where not is_merge

),

squash_commits as (

    select
        squash_commits.repository_id,
        squash_commits.pull_request_number,
        commits.author_email,
        commits.authored_at
    from {{ ref('int_attribution_squash_commits') }} as squash_commits
    inner join {{ ref('stg_github__commits') }} as commits
        on
            squash_commits.repository_id = commits.repository_id
            and squash_commits.commit_sha = commits.commit_sha

),

-- A branch can list commits that came by another way: after the default branch was rewritten, or
-- when one branch was stacked on another, the squash commit of an earlier pull request shows up in
-- a later one (seen: an update by a dependency bot that lists an unrelated assisted commit). Author
-- and author's time survive copying and rewording, and GitHub dates a squash at its merge, so a
-- branch commit shares both with the squash commit of another pull request only as its copy.
commits_of_other_pull_requests as (

    select distinct
        branch_commits.repository_id,
        branch_commits.pull_request_number,
        branch_commits.commit_sha
    from branch_commits
    inner join squash_commits
        on
            branch_commits.repository_id = squash_commits.repository_id
            and branch_commits.author_email = squash_commits.author_email
            and branch_commits.authored_at = squash_commits.authored_at
            and branch_commits.pull_request_number <> squash_commits.pull_request_number

)

select distinct
    repository_id,
    pull_request_number,
    commit_sha
from branch_commits
anti join commits_of_other_pull_requests
    using (repository_id, pull_request_number, commit_sha)
