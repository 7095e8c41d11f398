{{ config(materialized="view") }}

with commits as (

    select
        repository_id,
        commit_sha,
        {{ normal_email('author_email') }} as email_address,
        nullif(lower(author_login), '') as github_login
    from {{ ref('stg_github__commits') }}

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
    commits.repository_id,
    commits.commit_sha,
    -- An address that several accounts commit with says less than the account.
    case
        when emails.is_direct then emails.person_key
        else coalesce(logins.person_key, emails.person_key, 'unknown')
    end as person_key,
    case
        when emails.is_direct then emails.matching_rule
        else coalesce(logins.matching_rule, emails.matching_rule, 'none')
    end as matching_rule
from commits
left join emails on commits.email_address = emails.identity_value
left join logins on commits.github_login = logins.identity_value
