{{ config(
    materialized="incremental",
    incremental_strategy="changed_rows",
    unique_key=["repository_id", "commit_sha", "left_default_branch_at"],
) }}

select
    repository_id,
    commit_sha,
    left_default_branch_at,
    -- Here, because a text is read once here.
    {{ attribution_marked_lines('message') }} as marked_lines,
    {{ attribution_has_number() }} as has_number,
    {{ attribution_is_merge_button() }} as is_merge_button,
    loaded_at,
    run_id
from {{ ref('stg_github__commits') }} as commits
where {{ not_staged_yet("commits", is_source=false) }}
