with texts as (

    select
        repository_id,
        'commit' as subject_type,
        commit_sha as subject_id,
        'own_message' as evidence_source,
        message as full_text
    from {{ ref('int_attribution_commits') }}
    where not is_merge_button

    union all by name

    select
        repository_id,
        'pull_request' as subject_type,
        pull_request_number::varchar as subject_id,
        'title' as evidence_source,
        title as full_text
    from {{ ref('stg_github__pull_requests') }}

    union all by name

    select
        repository_id,
        'pull_request' as subject_type,
        pull_request_number::varchar as subject_id,
        'body' as evidence_source,
        body as full_text
    from {{ ref('stg_github__pull_requests') }}

),

-- Nearly all texts end here, before any costlier pattern is tried.
marked_texts as (

    select
        repository_id,
        subject_type,
        subject_id,
        evidence_source,
        string_split({{ attribution_readable_text('full_text') }}, chr(10)) as text_lines
    from texts
    where {{ attribution_has_marks('full_text') }}

),

lines as (

    select
        repository_id,
        subject_type,
        subject_id,
        evidence_source,
        generate_subscripts(text_lines, 1) as line_number,
        unnest(text_lines) as line_text
    from marked_texts

)

select
    repository_id,
    subject_type,
    subject_id,
    evidence_source,
    line_number,
    line_text
from lines
where {{ attribution_has_marks('line_text') }}
