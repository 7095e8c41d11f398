{{ config(materialized="view") }}

with own_matches as (

    select
        repository_id, subject_type, subject_id, rule, agent, model, evidence_source, matched_text
    from {{ ref('int_attribution_line_matches') }}

    union all by name

    select
        repository_id, subject_type, subject_id, rule, agent, model, evidence_source, matched_text
    from {{ ref('int_attribution_identity_matches') }}

),

rules as (

    select * from {{ ref('attribution_rules') }}

),

-- The same line often stands several times in a squash message.
distinct_matches as (

    select
        repository_id,
        subject_type,
        subject_id,
        rule,
        agent,
        model,
        evidence_source,
        min(matched_text) as matched_text
    from own_matches
    group by repository_id, subject_type, subject_id, rule, agent, model, evidence_source

),

own_evidence as (

    select
        distinct_matches.repository_id,
        distinct_matches.subject_type,
        distinct_matches.subject_id,
        distinct_matches.rule,
        distinct_matches.agent,
        distinct_matches.model,
        rules.confidence,
        rules.is_conclusive,
        distinct_matches.evidence_source,
        distinct_matches.matched_text
    from distinct_matches
    -- A rule that the seed does not know shows as evidence without confidence, which a test finds.
    left join rules on distinct_matches.rule = rules.rule

),

squash_commits as (

    select * from {{ ref('int_attribution_squash_commits') }}

),

pull_request_commits as (

    select * from {{ ref('int_attribution_pull_request_commits') }}

),

-- A mark in a branch commit counts for its pull request.
pull_requests_from_branch_commits as (

    select
        own_evidence.repository_id,
        'pull_request' as subject_type,
        pull_request_commits.pull_request_number::varchar as subject_id,
        own_evidence.rule,
        own_evidence.agent,
        own_evidence.model,
        own_evidence.confidence,
        own_evidence.is_conclusive,
        'branch_commit' as evidence_source,
        own_evidence.subject_id as evidence_subject_id,
        own_evidence.matched_text
    from own_evidence
    inner join pull_request_commits
        on
            own_evidence.repository_id = pull_request_commits.repository_id
            and own_evidence.subject_id = pull_request_commits.commit_sha
    where own_evidence.subject_type = 'commit'

),

-- Some squash messages carry a mark that the description no longer has.
pull_requests_from_squash_commits as (

    select
        own_evidence.repository_id,
        'pull_request' as subject_type,
        squash_commits.pull_request_number::varchar as subject_id,
        own_evidence.rule,
        own_evidence.agent,
        own_evidence.model,
        own_evidence.confidence,
        own_evidence.is_conclusive,
        'squash_commit' as evidence_source,
        own_evidence.subject_id as evidence_subject_id,
        own_evidence.matched_text
    from own_evidence
    inner join squash_commits
        on
            own_evidence.repository_id = squash_commits.repository_id
            and own_evidence.subject_id = squash_commits.commit_sha
    where own_evidence.subject_type = 'commit'

),

-- A squash commit is the whole pull request in one commit, so it inherits what the pull request
-- shows itself and through its branch: 7 of 100 marked branches leave no mark in the squash
-- message.
squash_commits_from_pull_requests as (

    -- The same line may stand in the title and in the description.
    select distinct
        own_evidence.repository_id,
        'commit' as subject_type,
        squash_commits.commit_sha as subject_id,
        own_evidence.rule,
        own_evidence.agent,
        own_evidence.model,
        own_evidence.confidence,
        own_evidence.is_conclusive,
        'pull_request' as evidence_source,
        own_evidence.subject_id as evidence_subject_id,
        own_evidence.matched_text
    from own_evidence
    inner join squash_commits
        on
            own_evidence.repository_id = squash_commits.repository_id
            and own_evidence.subject_id = squash_commits.pull_request_number::varchar
    where own_evidence.subject_type = 'pull_request'

),

squash_commits_from_branch_commits as (

    -- Two pull requests can share a squash commit, and then a branch commit.
    select distinct
        pull_requests_from_branch_commits.repository_id,
        'commit' as subject_type,
        squash_commits.commit_sha as subject_id,
        pull_requests_from_branch_commits.rule,
        pull_requests_from_branch_commits.agent,
        pull_requests_from_branch_commits.model,
        pull_requests_from_branch_commits.confidence,
        pull_requests_from_branch_commits.is_conclusive,
        'branch_commit' as evidence_source,
        pull_requests_from_branch_commits.evidence_subject_id,
        pull_requests_from_branch_commits.matched_text
    from pull_requests_from_branch_commits
    inner join squash_commits
        on
            pull_requests_from_branch_commits.repository_id = squash_commits.repository_id
            and pull_requests_from_branch_commits.subject_id
            = squash_commits.pull_request_number::varchar
    -- A fast-forwarded single commit is its own branch commit.
    where pull_requests_from_branch_commits.evidence_subject_id <> squash_commits.commit_sha

),

evidence as (

    select *, subject_id as evidence_subject_id from own_evidence
    union all by name
    select * from pull_requests_from_branch_commits
    union all by name
    select * from pull_requests_from_squash_commits
    union all by name
    select * from squash_commits_from_pull_requests
    union all by name
    select * from squash_commits_from_branch_commits

)

select
    repository_id,
    subject_type,
    subject_id,
    rule,
    agent,
    model,
    confidence,
    matched_text,
    evidence_source,
    evidence_subject_id,
    is_conclusive
from evidence
