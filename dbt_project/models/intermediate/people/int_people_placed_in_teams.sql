with people as (

    select
        person_key,
        is_human
    from {{ ref('int_people_known') }}

),

memberships as (

    select
        person_key,
        team_name,
        cost_center,
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from {{ ref('int_team_memberships') }}
    where is_primary

),

-- Time before, between and after the teams of a person, so that each day finds one row.
between_teams as (

    select
        person_key,
        lag(valid_to, 1, date '0001-01-01') over (
            partition by person_key order by valid_from
        ) as valid_from,
        valid_from as valid_to
    from memberships

    union all by name

    select
        people.person_key,
        coalesce(max(memberships.valid_to), date '0001-01-01') as valid_from,
        date '9999-12-31' as valid_to
    from people
    left join memberships on people.person_key = memberships.person_key
    group by people.person_key

),

spans as (

    select
        person_key,
        team_name,
        cost_center,
        valid_from,
        valid_to
    from memberships

    union all by name

    select
        person_key,
        'unassigned' as team_name,
        'unassigned' as cost_center,
        valid_from,
        valid_to
    from between_teams
    where valid_from < valid_to

)

select
    spans.person_key,
    spans.team_name,
    spans.cost_center,
    people.is_human,
    spans.valid_from,
    spans.valid_to
from spans
inner join people on spans.person_key = people.person_key
