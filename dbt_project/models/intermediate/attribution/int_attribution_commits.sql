{{ config(materialized="view") }}

-- A view, so that messages are not stored twice. A branch commit that reached the default branch
-- through a merge is the same commit and read once.
with default_branch_commits as (

    select
        repository_id,
        commit_sha,
        message,
        author_name,
        author_email,
        committer_name,
        committer_email,
        is_merge
    from {{ ref('stg_github__commits') }}

),

branch_commits as (

    select
        repository_id,
        commit_sha,
        any_value(message) as message,
        any_value(author_name) as author_name,
        any_value(author_email) as author_email,
        any_value(committer_name) as committer_name,
        any_value(committer_email) as committer_email,
        any_value(is_merge) as is_merge
    from {{ ref('stg_github__pull_request_commits') }} as pull_request_commits
    where not exists (
        select 1
        from default_branch_commits
        where
            default_branch_commits.repository_id = pull_request_commits.repository_id
            and default_branch_commits.commit_sha = pull_request_commits.commit_sha
    )
    group by repository_id, commit_sha

),

commits as (

    select * from default_branch_commits
    union all by name
    select * from branch_commits

)

select
    repository_id,
    commit_sha,
    message,
    author_name,
    author_email,
    committer_name,
    committer_email,
    is_merge,
    -- GitHub's merge button may copy the description of the pull request into the merge commit.
    -- Marks in it speak of the pull request, not of the merge, which a person pressed.
    is_merge
    and lower(coalesce(committer_email, '')) = 'noreply@github.com'
    and starts_with(message, 'Merge pull request #') as is_merge_button
from commits
