with given as (

    select * from {{ ref('int_team_memberships_given') }}
    -- Whom nobody has seen is in no figure; `unmapped_identities` lists them.
    where person_key <> 'unknown'

),

group_names as (

    select
        rbac_group_id,
        arg_max(rbac_group_name, valid_from) as team_name
    from {{ ref('stg_anthropic__rbac_group_versions') }}
    group by rbac_group_id

),

users as (

    select * from {{ ref('int_users_matched_to_people') }}

),

versions as (

    select
        rbac_group_id,
        user_id,
        -- The history begins with the first reading, the membership says when it really did.
        greatest(
            least(valid_from, created_at),
            lag(valid_to) over (partition by rbac_group_id, user_id order by valid_from)
        ) as valid_from,
        valid_to
    from {{ ref('stg_anthropic__rbac_group_member_versions') }}

),

grouped as (

    select
        users.person_key,
        group_names.team_name,
        cast(versions.valid_from as date) as valid_from,
        coalesce(cast(versions.valid_to as date), date '9999-12-31') as valid_to
    from versions
    inner join users on versions.user_id = users.user_id
    inner join group_names on versions.rbac_group_id = group_names.rbac_group_id
    where users.person_key <> 'unknown' and group_names.team_name is not null

),

-- A person's days are cut wherever a group begins or ends: between two cuts nothing changes.
cuts as (

    select person_key, valid_from as cut_date from grouped
    union
    select person_key, valid_to as cut_date from grouped

),

stretches as (

    select
        person_key,
        cut_date as valid_from,
        lead(cut_date) over (partition by person_key order by cut_date) as valid_to
    from cuts

),

in_groups as (

    select
        stretches.person_key,
        grouped.team_name,
        stretches.valid_from,
        stretches.valid_to,
        count(*) over (partition by stretches.person_key, stretches.valid_from) = 1
            as is_only_group
    from stretches
    inner join (
        select distinct * from grouped where valid_from < valid_to
    ) as grouped
        on
            stretches.person_key = grouped.person_key
            and stretches.valid_from >= grouped.valid_from
            and stretches.valid_from < grouped.valid_to
    where stretches.valid_to is not null
    -- Two groups of one name are one team.
    qualify row_number() over (
        partition by stretches.person_key, stretches.valid_from, grouped.team_name
        order by grouped.valid_from
    ) = 1

),

by_group as (

    select
        in_groups.person_key,
        in_groups.team_name,
        in_groups.valid_from,
        in_groups.valid_to,
        in_groups.is_only_group and given_people.person_key is null as is_primary
    from in_groups
    left join (select distinct person_key from given) as given_people
        on in_groups.person_key = given_people.person_key

),

numbered as (

    select
        *,
        sum(case when continues then 0 else 1 end) over (
            partition by person_key, team_name order by valid_from
        ) as stretch_number
    from (
        select
            *,
            coalesce(
                lag(valid_to) over (partition by person_key, team_name order by valid_from)
                = valid_from
                and lag(is_primary) over (partition by person_key, team_name order by valid_from)
                = is_primary,
                false
            ) as continues
        from by_group
    ) as compared

),

merged as (

    select
        person_key,
        team_name,
        'unassigned' as cost_center,
        bool_and(is_primary) as is_primary,
        'rbac_group' as membership_source,
        min(valid_from) as valid_from,
        nullif(max(valid_to), date '9999-12-31') as valid_to
    from numbered
    group by person_key, team_name, stretch_number

),

unioned as (

    select
        person_key,
        team_name,
        cost_center,
        true as is_primary,
        'seed' as membership_source,
        valid_from,
        valid_to
    from given
    union all by name
    select * from merged

)

select
    person_key,
    team_name,
    cost_center,
    is_primary,
    membership_source,
    valid_from,
    valid_to
from unioned
