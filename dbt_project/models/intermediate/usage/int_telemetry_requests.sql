with requests as (

    select * from {{ ref('stg_telemetry__requests') }}

),

people as (

    select * from {{ ref('int_hashed_people') }}

),

teams as (

    select * from {{ ref('int_team_memberships') }}
    where is_primary

),

prices as (

    select * from {{ ref('list_prices') }}

),

model_prices as (

    {{ model_prices('requests') }}

),

-- A session is of one kind: a print of one prompt asks as `sdk`, whatever its agents do.
sessions as (

    select
        session_id,
        bool_or(starts_with(query_source, 'sdk')) as is_headless
    from requests
    where session_id is not null
    group by session_id

),

owned as (

    select
        requests.*,
        people.person_key,
        case
            when sessions.session_id is null then 'unknown'
            when sessions.is_headless then 'headless'
            else 'interactive'
        end as session_kind
    from requests
    left join people on requests.identity_hash = people.identity_hash
    left join sessions on requests.session_id = sessions.session_id

)

select
    owned.*,
    coalesce(teams.team_name, owned.sent_team, 'unassigned') as team_name,
    coalesce(teams.cost_center, owned.sent_cost_center, 'unassigned') as cost_center,
    -- Prices are those of the usual speed.
    case
        when coalesce(owned.speed, 'normal') in ('normal', 'standard')
            then cast(
                {% for tokens, rate, _ in priced_token_kinds() -%}
                {{ list_price_of_tokens('owned.' ~ tokens, 'model_prices.' ~ rate) }}
                {{ "+ " if not loop.last }}
                {%- endfor %} as decimal(24, 12)
            )
    end as list_cost_usd
from owned
{{ join_primary_team('owned', 'usage_date') }}
left join model_prices
    on owned.model = model_prices.model and owned.usage_date = model_prices.usage_date
