{{ config(materialized="view") }}

with authors as (

    select * from {{ ref('int_pull_request_authors_observed') }}

),

identities as (

    select * from {{ ref('int_identities_resolved') }}

),

logins as (

    select * from identities where identity_type = 'github_login'

)

select
    authors.repository_id,
    authors.pull_request_number,
    coalesce(logins.person_key, 'unknown') as person_key,
    coalesce(logins.matching_rule, 'none') as matching_rule
from authors
left join logins on authors.github_login = logins.identity_value
