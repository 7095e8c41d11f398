with evidence as (

    select * from {{ ref('int_attribution_evidence') }}

),

-- Commits that a rewritten history no longer has are no commits of `fct_commits`.
left_commits as (

    select
        repository_id,
        commit_sha
    from {{ ref('stg_github__commits') }}
    where left_default_branch_at is not null

),

repositories as (

    select
        repository_id,
        repository
    from {{ ref('stg_github__repositories') }}

)

select
    md5(
        concat_ws(
            '|',
            evidence.repository_id::varchar,
            evidence.subject_type,
            evidence.subject_id,
            evidence.rule,
            evidence.agent,
            coalesce(evidence.model, ''),
            evidence.evidence_source,
            evidence.evidence_subject_id
        )
    ) as evidence_key,
    evidence.repository_id::bigint as repository_id,
    repositories.repository::varchar as repository,
    evidence.subject_type::varchar as subject_type,
    evidence.subject_id::varchar as subject_id,
    evidence.rule::varchar as rule,
    evidence.agent::varchar as agent,
    evidence.model::varchar as model,
    evidence.confidence::varchar as confidence,
    evidence.is_conclusive::boolean as is_conclusive,
    evidence.evidence_source::varchar as evidence_source,
    evidence.evidence_subject_id::varchar as evidence_subject_id,
    (
        case
            when evidence.rule in ('head_branch', 'session_branch', 'action_branch')
                then {{ branch_prefix('evidence.matched_text') }}
            else {{ without_secrets('evidence.matched_text') }}
        end
    )::varchar as matched_text
from evidence
anti join left_commits
    on
        evidence.subject_type = 'commit'
        and evidence.repository_id = left_commits.repository_id
        and evidence.subject_id = left_commits.commit_sha
left join repositories on evidence.repository_id = repositories.repository_id
