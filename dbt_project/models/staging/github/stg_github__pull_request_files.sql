{{ config(materialized="incremental", unique_key=["repository_id", "pull_request_number"]) }}

with pull_requests as (

    select
        repository_id,
        pull_request_number,
        files,
        loaded_at,
        run_id
    from {{ ref('stg_github__pull_requests') }} as pull_requests
    where {{ not_staged_yet("pull_requests", is_source=false) }}

),

files as (

    select
        repository_id,
        pull_request_number,
        unnest(files) as file,
        loaded_at,
        run_id
    from pull_requests

)

select
    repository_id,
    pull_request_number,
    file.path as file_path,
    lower(file.changeType) as change_type,
    file.additions as lines_added,
    file.deletions as lines_removed,
    loaded_at,
    run_id
from files
