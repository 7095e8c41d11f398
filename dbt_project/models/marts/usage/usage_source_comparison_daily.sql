{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

with usage as (

    select * from {{ ref('int_usage_by_source') }}
    where {{ in_changed_days('usage_date') }}

),

records as (

    select * from {{ ref('int_usage_source_of_record') }}
    where {{ in_changed_days('usage_date') }}

),

placed as (

    select
        usage.*,
        records.source_of_record,
        records.is_complete_day as is_complete_record,
        usage.usage_source = records.source_of_record as is_of_record
    from usage
    inner join records
        on
            usage.usage_date = records.usage_date
            and usage.person_key = records.person_key
            and usage.usage_route = records.usage_route

),

-- Each way to the model has its own source of record: they are compared on it, and added after.
routes as (

    select
        usage_date,
        person_key,
        model,
        usage_route,
        any_value(source_of_record) as source_of_record,
        bool_and(is_complete_record) as is_complete_record,
        sum(tokens) filter (where usage_source = 'admin') as admin_tokens,
        sum(tokens) filter (where usage_source = 'gateway') as gateway_tokens,
        sum(tokens) filter (where usage_source = 'telemetry') as telemetry_tokens,
        sum(tokens) filter (where usage_source = 'local') as local_tokens,
        sum(tokens) filter (where is_of_record) as record_tokens,
        arg_min(usage_source, preference) filter (where not is_of_record) as compared_source,
        arg_min(tokens, preference) filter (where not is_of_record) as compared_tokens
    from placed
    group by usage_date, person_key, model, usage_route

),

people as (

    select
        usage_date,
        person_key,
        model,
        case
            when min(source_of_record) <> max(source_of_record) then 'several'
            else min(source_of_record)
        end as source_of_record,
        case
            when min(compared_source) <> max(compared_source) then 'several'
            else min(compared_source)
        end as compared_source,
        cast(sum(admin_tokens) as bigint) as admin_tokens,
        cast(sum(gateway_tokens) as bigint) as gateway_tokens,
        cast(sum(telemetry_tokens) as bigint) as telemetry_tokens,
        cast(sum(local_tokens) as bigint) as local_tokens,
        cast(coalesce(sum(record_tokens), 0) as bigint) as tokens_of_record,
        cast(
            sum(compared_tokens - coalesce(record_tokens, 0))
                filter (where compared_source is not null) as bigint
        ) as difference_tokens,
        bool_and(is_complete_record) as is_complete_record
    from routes
    group by usage_date, person_key, model

)

select
    person_key,
    model,
    admin_tokens,
    gateway_tokens,
    telemetry_tokens,
    local_tokens,
    source_of_record,
    tokens_of_record,
    compared_source,
    difference_tokens,
    difference_tokens / nullif(tokens_of_record, 0) as difference_ratio,
    case
        when compared_source is null then 'only_one_source'
        when abs(difference_tokens) <= 0.005 * tokens_of_record then 'agrees'
        when not is_complete_record then 'day_not_complete'
        when source_of_record = 'none' then 'may_be_told_elsewhere'
        when difference_tokens < 0 and compared_source = 'local' then 'not_in_transcripts'
        when difference_tokens < 0 and compared_source = 'telemetry' then 'not_all_is_sent'
        when difference_tokens < 0 then 'less_elsewhere'
        when source_of_record = 'admin' then 'not_in_the_report'
        when source_of_record = 'gateway' then 'past_the_gateway'
        else 'more_elsewhere'
    end as difference_reason,
    usage_date
from people
