with pull_requests as (

    select
        repository_id,
        pull_request_number,
        commit_count is not null as has_commits_read
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

),

verdicts as (

    select
        pull_requests.repository_id,
        pull_requests.pull_request_number,
        any_value(pull_requests.has_commits_read) as has_commits_read,
        {{ attribution_verdict('evidence') }}
    from pull_requests
    left join evidence
        on
            pull_requests.repository_id = evidence.repository_id
            and pull_requests.pull_request_number = evidence.pull_request_number
    group by pull_requests.repository_id, pull_requests.pull_request_number

)

-- Commits that could not be read are not commits without a mark.
select
    repository_id,
    pull_request_number,
    case
        when has_commits_read or claude_attribution <> 'without_claude' then claude_attribution
        else 'undetermined'
    end as claude_attribution,
    case
        when has_commits_read or claude_attribution <> 'without_claude' then attribution_confidence
        else 'low'
    end as attribution_confidence
from verdicts
