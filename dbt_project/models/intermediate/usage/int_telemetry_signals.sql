with requests as (

    select
        'event' as signal_kind,
        machine_key,
        identity_hash,
        client_version,
        requested_at as happened_at,
        usage_date
    from {{ ref('stg_telemetry__requests') }}

),

tools as (

    select
        'event' as signal_kind,
        machine_key,
        identity_hash,
        client_version,
        happened_at,
        cast(happened_at as date) as usage_date
    from {{ ref('stg_telemetry__tool_calls') }}

),

points as (

    select
        'point' as signal_kind,
        machine_key,
        identity_hash,
        client_version,
        counted_at as happened_at,
        usage_date,
        case when metric_name = 'cost.usage' then cast(added_value as decimal(24, 12)) end
            as metric_cost_usd
    from {{ ref('stg_telemetry__points') }}

),

unioned as (

    select * from requests
    union all by name
    select * from tools
    union all by name
    select * from points

),

people as (

    select * from {{ ref('int_hashed_people') }}

)

select
    unioned.*,
    people.person_key
from unioned
left join people on unioned.identity_hash = people.identity_hash
