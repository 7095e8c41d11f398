{{ config(materialized="view") }}

with commits as (

    select * exclude (left_default_branch_at)
    from {{ ref('int_commits_matched_to_people') }}
    -- A rewritten history no longer has the others.
    where left_default_branch_at is null

),

evidence as (

    select
        repository_id,
        subject_id as commit_sha,
        agent,
        confidence,
        is_conclusive
    from {{ ref('fct_attribution_evidence') }}
    where subject_type = 'commit'

),

-- Of the commits with evidence; most have none.
verdicts as (

    select
        repository_id,
        commit_sha,
        {{ attribution_verdict('evidence') }},
        bool_or(agent = 'claude') as has_claude_hint,
        bool_or(agent <> 'claude' and is_conclusive) as has_other_agent
    from evidence
    group by repository_id, commit_sha

)

select
    commits.*,
    coalesce(verdicts.claude_attribution, 'without_claude') as claude_attribution,
    coalesce(verdicts.attribution_confidence, 'low') as attribution_confidence,
    coalesce(verdicts.has_claude_hint, false) as has_claude_hint,
    coalesce(verdicts.has_other_agent, false) as has_other_agent
from commits
left join verdicts
    on
        commits.repository_id = verdicts.repository_id
        and commits.commit_sha = verdicts.commit_sha
