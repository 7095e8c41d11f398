with pull_requests as (

    select
        repository_id,
        pull_request_number
    from {{ ref('stg_github__pull_requests') }}

),

evidence as (

    select
        repository_id,
        subject_id::bigint as pull_request_number,
        agent,
        confidence,
        is_conclusive
    from {{ ref('fct_attribution_evidence') }}
    where subject_type = 'pull_request'

)

select
    pull_requests.repository_id,
    pull_requests.pull_request_number,
    {{ attribution_verdict('evidence') }}
from pull_requests
left join evidence
    on
        pull_requests.repository_id = evidence.repository_id
        and pull_requests.pull_request_number = evidence.pull_request_number
group by pull_requests.repository_id, pull_requests.pull_request_number
