with people as (

    select * from {{ ref('dim_people') }}

),

unmapped as (

    select
        identities.identity_type,
        identities.identity_value,
        identities.person_key,
        identities.matching_rule,
        people.person_kind
    from {{ ref('int_identities_resolved') }} as identities
    inner join people on identities.person_key = people.person_key
    where
        people.person_kind in ('git_only', 'service')
        or (people.person_kind = 'guest' and identities.person_root_type = 'user_id')

),

counted as (

    select * from {{ ref('int_identities_sighted') }}

),

-- Whom the teams name and nobody has seen: most often a slip of the pen.
given as (

    select distinct
        identity_type,
        identity_value,
        'unknown' as person_key,
        'none' as matching_rule,
        'team_seed' as person_kind
    from {{ ref('int_team_memberships_given') }}
    where person_key = 'unknown'

),

-- Whose they are only somebody can say who has the salt and the address.
hashes as (

    select
        'email_hash' as identity_type,
        identity_hash as identity_value,
        'unknown' as person_key,
        'none' as matching_rule,
        'unmatched_hash' as person_kind,
        request_count,
        first_seen_date,
        last_seen_date
    from {{ ref('int_hashes_of_nobody') }}

),

unioned as (

    select * from unmapped
    union all by name
    select * from given
    union all by name
    select * from hashes

)

select
    md5(concat(unioned.identity_type, ':', unioned.identity_value)) as identity_key,
    unioned.identity_type,
    case
        when unioned.identity_type = 'email'
            then concat(
                left(unioned.identity_value, 1), '***@', split_part(unioned.identity_value, '@', 2)
            )
        when unioned.identity_type = 'email_hash'
            then concat(left(unioned.identity_value, 12), '…')
        else {{ without_secrets("regexp_replace(unioned.identity_value, '@.*$', '@***')") }}
    end as masked_identity,
    unioned.person_key,
    unioned.person_kind,
    unioned.matching_rule,
    coalesce(counted.commit_count, 0) as commit_count,
    coalesce(counted.pull_request_count, 0) as pull_request_count,
    coalesce(counted.claude_code_record_count, 0) as claude_code_record_count,
    coalesce(unioned.request_count, 0) as request_count,
    coalesce(counted.first_seen_date, unioned.first_seen_date) as first_seen_date,
    coalesce(counted.last_seen_date, unioned.last_seen_date) as last_seen_date
from unioned
left join counted
    on
        unioned.identity_type = counted.identity_type
        and unioned.identity_value = counted.identity_value
