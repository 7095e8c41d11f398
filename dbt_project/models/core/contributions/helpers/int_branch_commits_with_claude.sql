{{ config(materialized="view") }}

select
    branch_commits.repository_id,
    branch_commits.pull_request_number,
    branch_commits.commit_sha,
    branch_commits.authored_at
from {{ ref('fct_attribution_evidence') }} as evidence
inner join {{ ref('stg_github__pull_request_commits') }} as branch_commits
    on
        evidence.repository_id = branch_commits.repository_id
        and evidence.evidence_subject_id = branch_commits.commit_sha
        and evidence.subject_id = cast(branch_commits.pull_request_number as varchar)
where
    evidence.subject_type = 'pull_request'
    and evidence.agent = 'claude'
    and evidence.is_conclusive
