{%- set branch_commits -%}
    {
        "totalCount": "BIGINT",
        "nodes": [{
            "commit": {
                "oid": "VARCHAR",
                "message": "VARCHAR",
                "authoredDate": "VARCHAR",
                "committedDate": "VARCHAR",
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
            }
        }]
    }
{%- endset -%}
{%- set files -%}
    {
        "totalCount": "BIGINT",
        "nodes": [{
            "path": "VARCHAR",
            "additions": "BIGINT",
            "deletions": "BIGINT",
            "changeType": "VARCHAR"
        }]
    }
{%- endset -%}
{%- set reviews -%}
    {
        "totalCount": "BIGINT",
        "nodes": [{
            "fullDatabaseId": "VARCHAR",
            "state": "VARCHAR",
            "submittedAt": "VARCHAR",
            "author": {"login": "VARCHAR", "__typename": "VARCHAR"}
        }]
    }
{%- endset -%}
{{ config(materialized="incremental", unique_key=["repository_id", "pull_request_number"]) }}

with pull_requests as (

    select
        repository_id,
        pull_request_number,
        fetched_at,
        run_id,
        from_json(
            body,
            '{
                "title": "VARCHAR",
                "body": "VARCHAR",
                "state": "VARCHAR",
                "isDraft": "BOOLEAN",
                "createdAt": "VARCHAR",
                "updatedAt": "VARCHAR",
                "closedAt": "VARCHAR",
                "mergedAt": "VARCHAR",
                "mergeCommit": {"oid": "VARCHAR"},
                "author": {"login": "VARCHAR", "__typename": "VARCHAR"},
                "additions": "BIGINT",
                "deletions": "BIGINT",
                "changedFiles": "BIGINT",
                "headRefName": "VARCHAR",
                "baseRefName": "VARCHAR",
                "isCrossRepository": "BOOLEAN",
                "labels": {"nodes": [{"name": "VARCHAR"}]},
                "commits": {{ branch_commits }},
                "files": {{ files }},
                "reviews": {{ reviews }}
            }'
        ) as node,
        from_json(more_commits, '[{{ branch_commits }}]') as more_commits,
        from_json(more_files, '[{{ files }}]') as more_files,
        from_json(more_reviews, '[{{ reviews }}]') as more_reviews
    from {{ source('raw_github', 'pull_requests') }} as raw_rows
    where {{ not_staged_yet("raw_rows") }}

)

select
    repository_id,
    pull_request_number,
    case node.state
        when 'OPEN' then 'open'
        when 'MERGED' then 'merged'
        when 'CLOSED' then 'closed'
        else node.state
    end as pull_request_state,
    node.title as title,
    node.body as body,
    node.author.login as author_login,
    node.author.__typename as author_kind,
    -- Before the merge GitHub names a throw-away test merge.
    case when node.mergedAt is not null then node.mergeCommit.oid end as merge_commit_sha,
    node.headRefName as head_branch_name,
    node.baseRefName as base_branch_name,
    list_transform(
        coalesce(node.labels.nodes, []), lambda label: label.name
    ) as label_names,
    -- A list that was not asked for, or that GitHub could not answer, is not an empty one.
    case when node.commits is not null then list_concat(
        node.commits.nodes,
        flatten(list_transform(coalesce(more_commits, []), lambda page: page.nodes))
    ) end as branch_commits,
    case when node.files is not null then list_concat(
        node.files.nodes,
        flatten(list_transform(coalesce(more_files, []), lambda page: page.nodes))
    ) end as files,
    case when node.reviews is not null then list_concat(
        node.reviews.nodes,
        flatten(list_transform(coalesce(more_reviews, []), lambda page: page.nodes))
    ) end as reviews,
    node.additions as lines_added,
    node.deletions as lines_removed,
    node.changedFiles as changed_file_count,
    node.commits.totalCount as commit_count,
    node.reviews.totalCount as review_count,
    node.isDraft as is_draft,
    node.isCrossRepository as is_cross_repository,
    {{ utc_timestamp('node.createdAt') }} as created_at,
    {{ utc_timestamp('node.updatedAt') }} as updated_at,
    {{ utc_timestamp('node.closedAt') }} as closed_at,
    {{ utc_timestamp('node.mergedAt') }} as merged_at,
    {{ utc_timestamp('fetched_at') }} as loaded_at,
    run_id
from pull_requests
