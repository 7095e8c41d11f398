{{ config(
    materialized="incremental",
    incremental_strategy="changed_rows",
    unique_key=["repository_id", "pull_request_number"],
) }}

select
    repository_id,
    pull_request_number,
    -- Here, because a text is read once here.
    {{ attribution_marked_lines('title') }} as marked_title_lines,
    {{ attribution_marked_lines('body', is_markdown='true') }} as marked_body_lines,
    loaded_at,
    run_id
from {{ ref('stg_github__pull_requests') }} as pull_requests
where {{ not_staged_yet("pull_requests", is_source=false) }}
