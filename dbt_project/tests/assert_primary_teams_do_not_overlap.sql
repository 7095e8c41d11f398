-- A person has one primary team on a day, and a stretch has at least one day: else figures by team
-- would count the person twice, or never. People by key, not by address.
with memberships as (

    select
        *,
        coalesce(valid_to, date '9999-12-31') as ends_before
    from {{ ref('int_team_memberships') }}
    where is_primary

),

numbered as (

    select
        *,
        row_number() over (
            partition by person_key order by valid_from, ends_before, team_name
        ) as position
    from memberships

)

select
    earlier.person_key,
    earlier.team_name,
    earlier.valid_from,
    earlier.valid_to,
    later.team_name as overlapping_team_name,
    later.valid_from as overlapping_valid_from
from numbered as earlier
left join numbered as later
    on
        earlier.person_key = later.person_key
        and earlier.position < later.position
        and later.valid_from < earlier.ends_before
where later.person_key is not null or earlier.ends_before <= earlier.valid_from
