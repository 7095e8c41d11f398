{{ config(materialized="view") }}

-- Few people write many commits.
with authors as (

    select
        author_email,
        author_login,
        {{ normal_email('author_email') }} as email_address,
        nullif(lower(author_login), '') as github_login
    from (select distinct author_email, author_login from {{ ref('stg_github__commits') }})

),

identities as (

    select * from {{ ref('int_identities_resolved') }}

),

emails as (

    select * from identities where identity_type = 'email'

),

logins as (

    select * from identities where identity_type = 'github_login'

),

matched_authors as (

    select
        authors.author_email,
        authors.author_login,
        -- An address that several accounts commit with says less than the account.
        case
            when emails.is_direct then emails.person_key
            else coalesce(logins.person_key, emails.person_key, 'unknown')
        end as person_key,
        case
            when emails.is_direct then emails.matching_rule
            else coalesce(logins.matching_rule, emails.matching_rule, 'none')
        end as matching_rule
    from authors
    left join emails on authors.email_address = emails.identity_value
    left join logins on authors.github_login = logins.identity_value

)

select
    commits.repository_id,
    commits.commit_sha,
    -- What a bot proposed with somebody's token is squashed under that person's name.
    coalesce(bots.person_key, matched_authors.person_key) as person_key,
    coalesce(bots.matching_rule, matched_authors.matching_rule) as matching_rule,
    -- These go on from here, so that no later model joins all commits again.
    commits.lines_added,
    commits.lines_removed,
    commits.changed_file_count,
    commits.is_merge,
    commits.authored_at,
    commits.committed_at,
    commits.left_default_branch_at
from {{ ref('stg_github__commits') }} as commits
inner join matched_authors
    on
        commits.author_email is not distinct from matched_authors.author_email
        and commits.author_login is not distinct from matched_authors.author_login
left join {{ ref('int_bot_squash_commits') }} as bot_commits
    on
        commits.repository_id = bot_commits.repository_id
        and commits.commit_sha = bot_commits.commit_sha
left join logins as bots on bot_commits.bot_login = bots.identity_value
