{{ config(materialized="incremental", unique_key=["repository_id", "pull_request_number"]) }}

with pull_requests as (

    select
        repository_id,
        pull_request_number,
        branch_commits,
        loaded_at,
        run_id
    from {{ ref('stg_github__pull_requests') }} as pull_requests
    where {{ not_staged_yet("pull_requests", is_source=false) }}

),

branch_commits as (

    select
        repository_id,
        pull_request_number,
        generate_subscripts(branch_commits, 1) as commit_position,
        unnest(branch_commits) as branch_commit,
        loaded_at,
        run_id
    from pull_requests

)

select
    repository_id,
    pull_request_number,
    commit_position,
    branch_commit.commit.oid as commit_sha,
    branch_commit.commit.message as message,
    branch_commit.commit.author.name as author_name,
    branch_commit.commit.author.email as author_email,
    branch_commit.commit.author.user.login as author_login,
    branch_commit.commit.author.user.databaseId as author_github_id,
    branch_commit.commit.committer.name as committer_name,
    branch_commit.commit.committer.email as committer_email,
    branch_commit.commit.committer.user.login as committer_login,
    branch_commit.commit.committer.user.databaseId as committer_github_id,
    branch_commit.commit.parents.totalCount as parent_count,
    branch_commit.commit.parents.totalCount > 1 as is_merge,
    {{ utc_timestamp('branch_commit.commit.authoredDate') }} as authored_at,
    {{ utc_timestamp('branch_commit.commit.committedDate') }} as committed_at,
    loaded_at,
    run_id
from branch_commits
