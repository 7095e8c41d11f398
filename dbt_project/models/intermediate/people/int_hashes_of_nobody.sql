with telemetry as (

    select
        identity_hash,
        'telemetry' as usage_source,
        count(*) as request_count,
        min(usage_date) as first_seen_date,
        max(usage_date) as last_seen_date
    from {{ ref('int_telemetry_signals') }}
    where person_key is null and identity_hash is not null
    group by identity_hash

),

transcripts as (

    select
        actor_hash as identity_hash,
        'local' as usage_source,
        count(*) as request_count,
        min(usage_date) as first_seen_date,
        max(usage_date) as last_seen_date
    from {{ ref('int_local_responses_priced') }}
    where person_key is null and actor_hash is not null
    group by actor_hash

),

gateway_users as (

    select * from {{ ref('int_gateway_users_matched_to_people') }}
    where person_key is null

),

-- A key's name is most often no address, and is shown with the key.
gateways as (

    select
        coalesce(usage.end_user_hash, usage.user_email_hash, usage.user_hash) as identity_hash,
        'gateway' as usage_source,
        sum(usage.request_count) as request_count,
        min(usage.usage_date) as first_seen_date,
        max(usage.usage_date) as last_seen_date
    from {{ ref('int_gateway_usage_priced') }} as usage
    inner join gateway_users
        on
            usage.user_email_hash is not distinct from gateway_users.user_email_hash
            and usage.user_hash is not distinct from gateway_users.user_hash
            and usage.end_user_hash is not distinct from gateway_users.end_user_hash
            and usage.key_alias_hash is not distinct from gateway_users.key_alias_hash
            and usage.gateway_key_alias is not distinct from gateway_users.gateway_key_alias
    where coalesce(usage.end_user_hash, usage.user_email_hash, usage.user_hash) is not null
    group by coalesce(usage.end_user_hash, usage.user_email_hash, usage.user_hash)

),

unioned as (

    select * from telemetry
    union all by name
    select * from transcripts
    union all by name
    select * from gateways

)

-- One request may be in several sources: that of the most is told.
select
    identity_hash,
    cast(max(request_count) as bigint) as request_count,
    min(first_seen_date) as first_seen_date,
    max(last_seen_date) as last_seen_date
from unioned
group by identity_hash
