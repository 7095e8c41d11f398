{{ config(severity='warn') }}

-- GitHub's own count against the branch commits that were read. A warning, because GitHub may stop
-- listing the commits of very large pull requests.
with read_commits as (

    select
        repository_id,
        pull_request_number,
        count(*) as read_count
    from {{ ref('stg_github__pull_request_commits') }}
    group by repository_id, pull_request_number

)

select
    pull_requests.repository_id,
    pull_requests.pull_request_number,
    pull_requests.commit_count,
    coalesce(read_commits.read_count, 0) as read_count
from {{ ref('stg_github__pull_requests') }} as pull_requests
left join read_commits
    on
        pull_requests.repository_id = read_commits.repository_id
        and pull_requests.pull_request_number = read_commits.pull_request_number
where coalesce(read_commits.read_count, 0) <> pull_requests.commit_count
