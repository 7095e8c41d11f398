with gateway_teams as (

    select distinct
        gateway_team_id,
        gateway_team_alias
    from {{ ref('stg_litellm__requests') }}
    where gateway_team_id is not null or gateway_team_alias is not null

),

known_teams as (

    select
        lower(team_name) as folded_name,
        min(team_name) as team_name
    from {{ ref('int_team_memberships') }}
    group by folded_name

)

select
    gateway_teams.gateway_team_id,
    gateway_teams.gateway_team_alias,
    coalesce(
        by_alias.team_name,
        by_id.team_name,
        gateway_teams.gateway_team_alias,
        gateway_teams.gateway_team_id
    ) as team_name,
    coalesce(by_alias.team_name, by_id.team_name) is not null as is_known_team
from gateway_teams
left join known_teams as by_alias on lower(gateway_teams.gateway_team_alias) = by_alias.folded_name
left join known_teams as by_id on lower(gateway_teams.gateway_team_id) = by_id.folded_name
