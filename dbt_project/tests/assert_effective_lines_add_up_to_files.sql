-- Effective and excluded lines together are all lines of the files, pull request by pull request;
-- a pull request whose files were not read has neither.
with files as (

    select
        repository_id,
        pull_request_number,
        sum(lines_added + lines_removed) as file_lines
    from {{ ref('stg_github__pull_request_files') }}
    group by repository_id, pull_request_number

),

listed as (

    select
        repository_id,
        pull_request_number
    from {{ ref('stg_github__pull_requests') }}
    where files is not null

)

select
    pull_requests.repository,
    pull_requests.pull_request_number
from {{ ref('fct_pull_requests') }} as pull_requests
left join files
    on
        pull_requests.repository_id = files.repository_id
        and pull_requests.pull_request_number = files.pull_request_number
left join listed
    on
        pull_requests.repository_id = listed.repository_id
        and pull_requests.pull_request_number = listed.pull_request_number
where
    pull_requests.effective_lines_added + pull_requests.effective_lines_removed
    + pull_requests.excluded_lines_added + pull_requests.excluded_lines_removed
    is distinct from
    case when listed.repository_id is not null then coalesce(files.file_lines, 0) end
