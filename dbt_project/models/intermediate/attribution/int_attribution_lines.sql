{{ config(materialized="view") }}

with default_branch_commits as (

    select
        repository_id,
        commit_sha,
        marked_lines
    from {{ ref('stg_github__commits') }}
    where len(marked_lines) > 0 and not {{ attribution_is_merge_button() }}

),

-- A branch commit that reached the default branch through a merge is the same commit and read once.
branch_commits as (

    select distinct
        repository_id,
        commit_sha,
        marked_lines
    from {{ ref('stg_github__pull_request_commits') }}
    anti join {{ ref('stg_github__commits') }} using (repository_id, commit_sha)
    where len(marked_lines) > 0 and not {{ attribution_is_merge_button() }}

),

texts as (

    select
        repository_id,
        'commit' as subject_type,
        commit_sha as subject_id,
        'own_message' as evidence_source,
        marked_lines
    from default_branch_commits

    union all by name

    select
        repository_id,
        'commit' as subject_type,
        commit_sha as subject_id,
        'own_message' as evidence_source,
        marked_lines
    from branch_commits

    union all by name

    select
        repository_id,
        'pull_request' as subject_type,
        pull_request_number::varchar as subject_id,
        'title' as evidence_source,
        marked_title_lines as marked_lines
    from {{ ref('stg_github__pull_requests') }}

    union all by name

    select
        repository_id,
        'pull_request' as subject_type,
        pull_request_number::varchar as subject_id,
        'body' as evidence_source,
        marked_body_lines as marked_lines
    from {{ ref('stg_github__pull_requests') }}

),

lines as (

    select
        repository_id,
        subject_type,
        subject_id,
        evidence_source,
        unnest(marked_lines) as line
    from texts

)

select
    repository_id,
    subject_type,
    subject_id,
    evidence_source,
    line.line_number as line_number,
    line.line_text as line_text
from lines
