{{ config(
    materialized="incremental",
    incremental_strategy="changed_rows",
    unique_key=["repository_id", "pull_request_number"],
) }}

select
    repository_id,
    pull_request_number,
    commit_sha,
    -- Here, because a text is read once here.
    {{ attribution_marked_lines('message') }} as marked_lines,
    {{ attribution_has_number() }} as has_number,
    {{ attribution_is_merge_button() }} as is_merge_button,
    loaded_at,
    run_id
from {{ ref('stg_github__pull_request_commits') }} as branch_commits
where {{ not_staged_yet("branch_commits", is_source=false) }}
