with commits as (

    select
        repository_id,
        commit_sha
    from {{ ref('stg_github__commits') }}

),

evidence as (

    select
        repository_id,
        subject_id as commit_sha,
        agent,
        confidence,
        is_conclusive
    from {{ ref('int_attribution_evidence') }}
    where subject_type = 'commit'

)

select
    commits.repository_id,
    commits.commit_sha,
    {{ attribution_verdict('evidence') }}
from commits
left join evidence
    on
        commits.repository_id = evidence.repository_id
        and commits.commit_sha = evidence.commit_sha
group by commits.repository_id, commits.commit_sha
