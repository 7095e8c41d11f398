with given as (

    {{ organisation_seed(
        ref("team_memberships"),
        {
            "email_address": "varchar",
            "github_login": "varchar",
            "team_name": "varchar",
            "cost_center": "varchar",
            "valid_from": "date",
            "valid_to": "date",
        },
    ) }}

),

identities as (

    select * from {{ ref('int_identities_resolved') }}

),

named as (

    select
        {{ normal_email('email_address') }} as email_address,
        lower(github_login) as github_login,
        team_name,
        coalesce(cost_center, 'unassigned') as cost_center,
        coalesce(valid_from, date '1970-01-01') as valid_from,
        valid_to
    from given

)

select
    coalesce(named.email_address, named.github_login) as identity_value,
    case when named.email_address is null then 'github_login' else 'email' end as identity_type,
    coalesce(identities.person_key, mailboxes.person_key, 'unknown') as person_key,
    named.team_name,
    named.cost_center,
    named.valid_from,
    named.valid_to
from named
left join identities
    on
        identities.identity_type
        = case when named.email_address is null then 'github_login' else 'email' end
        and coalesce(named.email_address, named.github_login) = identities.identity_value
left join identities as mailboxes
    on
        mailboxes.identity_type = 'email'
        and {{ base_email('named.email_address') }} = mailboxes.identity_value
