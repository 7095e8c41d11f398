with versions as (

    select
        organization_kind,
        user_id,
        min(added_at) as added_at,
        min(valid_from) as first_seen_at,
        case when not bool_or(is_current) then max(valid_to) end as left_at
    from {{ ref('stg_anthropic__user_versions') }}
    group by organization_kind, user_id

),

people as (

    select * from {{ ref('int_users_matched_to_people') }}

),

-- The Console organisation by the name its activity has.
console as (

    select
        coalesce(
            (
                select min(organization_id) from {{ ref('stg_anthropic__claude_code_records') }}
            ),
            (select min(organization_id) from {{ ref('stg_anthropic__organizations') }}),
            'console'
        ) as organization_id

)

select
    case versions.organization_kind
        when 'console' then console.organization_id else 'enterprise'
    end as organization_id,
    versions.user_id,
    people.person_key,
    cast(coalesce(versions.added_at, versions.first_seen_at) as date) as valid_from,
    cast(versions.left_at as date) as valid_to
from versions
cross join console
inner join people on versions.user_id = people.user_id
