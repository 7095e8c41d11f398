with branch_commits as (

    -- Two pull requests can list the same commit.
    select distinct
        listed.repository_id,
        listed.commit_sha,
        commits.author_email,
        commits.author_login,
        commits.authored_at
    from {{ ref('int_attribution_pull_request_commits') }} as listed
    inner join {{ ref('stg_github__pull_request_commits') }} as commits
        on
            listed.repository_id = commits.repository_id
            and listed.pull_request_number = commits.pull_request_number
            and listed.commit_sha = commits.commit_sha

),

-- A squash is dated at its merge and made by whoever pressed the button. What a rewritten history
-- left behind was written once more.
pushed_commits as (

    select
        commits.repository_id,
        commits.commit_sha,
        commits.author_email,
        commits.author_login,
        commits.authored_at
    from {{ ref('stg_github__commits') }} as commits
    anti join {{ ref('int_attribution_squash_commits') }} as squash_commits
        on
            commits.repository_id = squash_commits.repository_id
            and commits.commit_sha = squash_commits.commit_sha
    where not commits.is_merge and commits.left_default_branch_at is null

),

commits as (

    select * from branch_commits
    union
    select * from pushed_commits

),

own_marks as (

    select
        repository_id,
        subject_id as commit_sha,
        bool_or(agent = 'claude') as is_marked,
        bool_or(agent <> 'claude') as has_other_agent
    from {{ ref('int_attribution_evidence') }}
    where subject_type = 'commit' and evidence_subject_id = subject_id and is_conclusive
    group by repository_id, subject_id

)

select
    commits.repository_id,
    commits.commit_sha,
    authors.person_key,
    coalesce(own_marks.is_marked, false) as is_marked,
    coalesce(own_marks.has_other_agent, false) and not coalesce(own_marks.is_marked, false)
        as is_of_other_agent,
    commits.authored_at,
    cast(commits.authored_at as date) as authored_date
from commits
inner join {{ ref('int_git_authors_matched_to_people') }} as authors
    on
        commits.author_email is not distinct from authors.author_email
        and commits.author_login is not distinct from authors.author_login
left join own_marks
    on
        commits.repository_id = own_marks.repository_id
        and commits.commit_sha = own_marks.commit_sha
