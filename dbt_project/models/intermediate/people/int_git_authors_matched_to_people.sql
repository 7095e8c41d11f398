with authors as (

    select
        author_email,
        author_login,
        {{ normal_email('author_email') }} as email_address,
        nullif(lower(author_login), '') as github_login
    from (
        select author_email, author_login from {{ ref('stg_github__commits') }}
        union
        select author_email, author_login from {{ ref('stg_github__pull_request_commits') }}
    )

),

identities as (

    select * from {{ ref('int_identities_resolved') }}

),

emails as (

    select * from identities where identity_type = 'email'

),

logins as (

    select * from identities where identity_type = 'github_login'

)

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
