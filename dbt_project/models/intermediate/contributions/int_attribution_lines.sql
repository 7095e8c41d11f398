{{ config(materialized="view") }}

with default_branch_commits as (

    select
        repository_id,
        commit_sha,
        marked_lines,
        has_number
    from {{ ref('int_commits_marked') }}
    where len(marked_lines) > 0 and not is_merge_button

),

-- A branch commit that reached the default branch through a merge is the same commit and read once.
branch_commits as (

    select distinct
        repository_id,
        commit_sha,
        marked_lines,
        has_number
    from {{ ref('int_pull_request_commits_marked') }}
    anti join {{ ref('int_commits_marked') }} using (repository_id, commit_sha)
    where len(marked_lines) > 0 and not is_merge_button

),

texts as (

    select
        repository_id,
        'commit' as subject_type,
        commit_sha as subject_id,
        'own_message' as evidence_source,
        has_number,
        marked_lines
    from default_branch_commits

    union all by name

    select
        repository_id,
        'commit' as subject_type,
        commit_sha as subject_id,
        'own_message' as evidence_source,
        has_number,
        marked_lines
    from branch_commits

    union all by name

    select
        repository_id,
        'pull_request' as subject_type,
        pull_request_number::varchar as subject_id,
        'title' as evidence_source,
        marked_title_lines as marked_lines
    from {{ ref('int_pull_requests_marked') }}

    union all by name

    select
        repository_id,
        'pull_request' as subject_type,
        pull_request_number::varchar as subject_id,
        'body' as evidence_source,
        marked_body_lines as marked_lines
    from {{ ref('int_pull_requests_marked') }}

),

lines as (

    select
        * exclude (marked_lines),
        unnest(marked_lines) as line
    from texts

),

squash_commits as (

    select * from {{ ref('int_attribution_squash_commits') }}

),

-- The message of a squash lists the messages of its branch. Any other list of messages is of
-- commits that have, or had, their own place.
squashed_lines as (

    select distinct
        squash_commits.repository_id,
        squash_commits.commit_sha as subject_id,
        trim(branch_lines.line.line_text) as line_text
    from squash_commits
    inner join (
        select
            repository_id,
            pull_request_number,
            unnest(marked_lines) as line
        from {{ ref('int_pull_request_commits_marked') }}
    ) as branch_lines
        on
            squash_commits.repository_id = branch_lines.repository_id
            and squash_commits.pull_request_number = branch_lines.pull_request_number
    where
        (squash_commits.repository_id, squash_commits.commit_sha) in (
            select (lines.repository_id, lines.subject_id) from lines where lines.line.is_listed
        )

),

-- Their titles and descriptions are of what they bump: release notes of others.
proposals as (

    select
        repository_id,
        'pull_request' as subject_type,
        pull_request_number::varchar as subject_id
    from {{ ref('int_bot_proposals') }}

    union all

    select
        repository_id,
        'commit' as subject_type,
        commit_sha as subject_id
    from {{ ref('int_bot_squash_commits') }}

)

select
    lines.repository_id,
    lines.subject_type,
    lines.subject_id,
    lines.evidence_source,
    lines.line.line_number as line_number,
    lines.line.line_text as line_text
from lines
anti join proposals
    on
        lines.repository_id = proposals.repository_id
        and lines.subject_type = proposals.subject_type
        and lines.subject_id = proposals.subject_id
left join squashed_lines
    on
        lines.line.is_listed
        and lines.subject_type = 'commit'
        and lines.repository_id = squashed_lines.repository_id
        and lines.subject_id = squashed_lines.subject_id
        and trim(lines.line.line_text) = squashed_lines.line_text
where
    not lines.line.is_listed
    or squashed_lines.line_text is not null
    -- A squash whose branch was not read: GitHub puts the number of the pull request behind its
    -- subject.
    or (
        coalesce(lines.has_number, false)
        and not exists (
            select 1
            from squash_commits
            inner join {{ ref('int_pull_request_commits_marked') }} as branch_commits
                on
                    squash_commits.repository_id = branch_commits.repository_id
                    and squash_commits.pull_request_number = branch_commits.pull_request_number
            where
                lines.subject_type = 'commit'
                and lines.repository_id = squash_commits.repository_id
                and lines.subject_id = squash_commits.commit_sha
        )
    )
