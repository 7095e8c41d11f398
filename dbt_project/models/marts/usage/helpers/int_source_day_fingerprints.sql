-- As int_day_fingerprints, of the sources beside the Admin API: what they tell of is a fact of core.
with gateways as (

    select * from {{ ref('fct_gateway_usage_daily') }}

),

telemetry as (

    select * from {{ ref('fct_telemetry_usage_daily') }}

),

transcripts as (

    select * from {{ ref('fct_local_usage_daily') }}

),

hashes as (

    select
        'fct_gateway_usage_daily' as input,
        usage_date,
        hash(gateways) as row_hash
    from gateways

    union all

    select
        'fct_telemetry_usage_daily' as input,
        usage_date,
        hash(telemetry) as row_hash
    from telemetry

    union all

    select
        'fct_local_usage_daily' as input,
        usage_date,
        hash(transcripts) as row_hash
    from transcripts

)

select
    input,
    usage_date,
    sum(row_hash) as fingerprint
from hashes
group by input, usage_date
