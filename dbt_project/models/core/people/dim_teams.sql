with memberships as (

    select * from {{ ref('dim_team_memberships') }}

),

teams as (

    select
        team_name,
        arg_max(cost_center, (valid_from, cost_center)) as cost_center,
        case
            when bool_or(membership_source = 'seed') then 'seed'
            else 'rbac_group'
        end as team_source,
        count(distinct person_key) as person_count,
        count(distinct person_key) filter (where valid_to is null) as current_person_count,
        count(distinct person_key) filter (where is_primary) as primary_person_count,
        case when bool_and(valid_from is not null) then min(valid_from) end as first_membership_date,
        case when bool_and(valid_to is not null) then max(valid_to) end as ended_date
    from memberships
    group by team_name

),

gateway_teams as (

    select distinct team_name from {{ ref('int_gateway_teams_named') }}

),

unioned as (

    select * from teams
    where team_name <> 'unassigned'

    union all by name

    select
        gateway_teams.team_name,
        'unassigned' as cost_center,
        'gateway' as team_source
    from gateway_teams
    anti join teams on gateway_teams.team_name = teams.team_name
    where gateway_teams.team_name <> 'unassigned'

    union all by name

    select
        'unassigned' as team_name,
        'unassigned' as cost_center,
        'none' as team_source

)

select
    team_name,
    cost_center,
    team_source,
    coalesce(person_count, 0) as person_count,
    coalesce(current_person_count, 0) as current_person_count,
    coalesce(primary_person_count, 0) as primary_person_count,
    first_membership_date,
    ended_date
from unioned
