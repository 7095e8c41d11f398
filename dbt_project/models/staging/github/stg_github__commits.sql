{{ config(materialized="incremental", unique_key=["repository_id", "commit_sha", "left_default_branch_at"]) }}

with commits as (

    select
        repository_id,
        commit_sha,
        left_default_branch_at,
        fetched_at,
        run_id,
        from_json(
            body,
            '{
                "message": "VARCHAR",
                "authoredDate": "VARCHAR",
                "committedDate": "VARCHAR",
                "additions": "BIGINT",
                "deletions": "BIGINT",
                "changedFilesIfAvailable": "BIGINT",
                "author": {
                    "name": "VARCHAR",
                    "email": "VARCHAR",
                    "user": {"login": "VARCHAR", "databaseId": "BIGINT"}
                },
                "committer": {
                    "name": "VARCHAR",
                    "email": "VARCHAR",
                    "user": {"login": "VARCHAR", "databaseId": "BIGINT"}
                },
                "parents": {"totalCount": "BIGINT"}
            }'
        ) as node
    from {{ source('raw_github', 'commits') }} as raw_rows
    where {{ not_staged_yet("raw_rows") }}

)

select
    repository_id,
    commit_sha,
    node.message as message,
    node.author.name as author_name,
    node.author.email as author_email,
    node.author.user.login as author_login,
    node.author.user.databaseId as author_github_id,
    node.committer.name as committer_name,
    node.committer.email as committer_email,
    node.committer.user.login as committer_login,
    node.committer.user.databaseId as committer_github_id,
    node.parents.totalCount as parent_count,
    node.additions as lines_added,
    node.deletions as lines_removed,
    node.changedFilesIfAvailable as changed_file_count,
    node.parents.totalCount > 1 as is_merge,
    {{ utc_timestamp('node.authoredDate') }} as authored_at,
    {{ utc_timestamp('node.committedDate') }} as committed_at,
    -- As in the raw table: it is part of what a staged row is known by.
    left_default_branch_at,
    {{ utc_timestamp('fetched_at') }} as loaded_at,
    run_id
from commits
