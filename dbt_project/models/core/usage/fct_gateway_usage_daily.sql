{%- set counts = ["request_count", "failed_request_count"] -%}
{%- for tokens, _, _ in priced_token_kinds() -%}
    {%- do counts.append(tokens) -%}
{%- endfor -%}
{%- set users = [
    "user_email_hash", "user_hash", "end_user_hash", "key_alias_hash", "gateway_key_alias"
] -%}
with teams as (

    select * from {{ ref('int_team_memberships') }}
    where is_primary

),

usage as (

    select * from {{ ref('int_gateway_usage_priced') }}

),

people as (

    select * from {{ ref('int_gateway_users_matched_to_people') }}

),

gateway_teams as (

    select * from {{ ref('int_gateway_teams_named') }}

),

named as (

    select
        usage.*,
        people.person_key,
        people.matching_rule as person_matching_rule,
        -- A key's team pays; without one, the team that the person counts in.
        coalesce(gateway_teams.team_name, {{ team_of_day() }}) as team_name
    from usage
    inner join people
        on
            {% for column in users -%}
            usage.{{ column }} is not distinct from people.{{ column }}
            {{- '\n            and ' if not loop.last }}
            {%- endfor %}
    left join gateway_teams
        on
            usage.gateway_team_id is not distinct from gateway_teams.gateway_team_id
            and usage.gateway_team_alias is not distinct from gateway_teams.gateway_team_alias
    {{ join_primary_team('usage', 'usage_date', people='people') }}

)

select
    gateway,
    route,
    geography,
    model,
    raw_model,
    gateway_key_hash,
    -- A key may have been renamed within a day.
    max(gateway_key_alias) as gateway_key_alias,
    person_key,
    person_matching_rule,
    team_name,
    tag,
    request_status,
    {% for count in counts -%}
    cast(sum({{ count }}) as bigint) as {{ count }},
    {% endfor -%}
    cast(sum(claimed_cost_usd) as decimal(24, 12)) as claimed_cost_usd,
    case when count(list_cost_usd) = count(*)
        then cast(sum(list_cost_usd) as decimal(24, 12))
    end as list_cost_usd,
    usage_date
from named
group by
    usage_date,
    gateway,
    route,
    geography,
    model,
    raw_model,
    gateway_key_hash,
    person_key,
    person_matching_rule,
    team_name,
    tag,
    request_status
