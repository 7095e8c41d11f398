with commits as (

    select author_email, author_login, author_name
    from {{ ref('stg_github__commits') }}
    union all by name
    select author_email, author_login, author_name
    from {{ ref('stg_github__pull_request_commits') }}

),

-- Few people write many commits.
authors as (

    select
        author_email,
        author_login,
        author_name,
        count(*) as commit_count
    from commits
    group by author_email, author_login, author_name

),

normalised as (

    select
        {{ normal_email('author_email') }} as email_address,
        nullif(lower(author_login), '') as github_login,
        nullif(trim(author_name), '') as author_name,
        commit_count
    from authors

)

select
    email_address,
    github_login,
    regexp_extract(
        email_address, '^(?:[0-9]+\+)?([^@+]+)@users\.noreply\.github\.com$', 1
    ) as noreply_login,
    min(author_name) as author_name,
    cast(sum(commit_count) as bigint) as commit_count
from normalised
group by email_address, github_login
