{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

with usage as (

    select
        usage_date,
        person_key,
        usage_route,
        usage_source,
        sum(tokens) as tokens
    from {{ ref('int_usage_by_source') }}
    where {{ in_changed_days('usage_date') }}
    group by usage_date, person_key, usage_route, usage_source

),

records as (

    select * from {{ ref('int_usage_source_of_record') }}
    where {{ in_changed_days('usage_date') }}

),

people as (

    select
        usage_date,
        person_key,
        count(distinct usage_source) as source_count
    from usage
    where person_key <> 'unknown'
    group by usage_date, person_key

),

-- Of each person's way to the model, what the source that counts tells.
counted as (

    select
        records.usage_date,
        records.person_key,
        records.usage_route,
        records.source_of_record,
        coalesce(usage.tokens, 0) as tokens
    from records
    left join usage
        on
            records.usage_date = usage.usage_date
            and records.person_key = usage.person_key
            and records.usage_route = usage.usage_route
            and records.source_of_record = usage.usage_source

),

days as (

    select
        usage_date,
        sum(tokens) as tokens_of_record
    from counted
    group by usage_date

),

sources as (

    select
        usage.usage_date,
        usage.usage_source,
        sum(usage.tokens) as tokens,
        sum(case when usage.usage_source = counted.source_of_record then usage.tokens else 0 end)
            as counted_tokens,
        sum(least(usage.tokens, counted.tokens)) as seen_tokens,
        coalesce(sum(usage.tokens) filter (where usage.person_key = 'unknown'), 0)
            as tokens_of_nobody,
        count(distinct usage.person_key) filter (where usage.person_key <> 'unknown')
            as person_count,
        count(distinct usage.person_key) filter (where people.source_count = 1)
            as only_here_person_count
    from usage
    inner join counted
        on
            usage.usage_date = counted.usage_date
            and usage.person_key = counted.person_key
            and usage.usage_route = counted.usage_route
    left join people
        on usage.usage_date = people.usage_date and usage.person_key = people.person_key
    group by usage.usage_date, usage.usage_source

)

select
    sources.usage_source,
    cast(sources.tokens as bigint) as tokens,
    cast(sources.counted_tokens as bigint) as tokens_of_record,
    cast(days.tokens_of_record as bigint) as tokens_of_record_of_all,
    sources.counted_tokens / nullif(days.tokens_of_record, 0) as tokens_of_record_ratio,
    cast(sources.seen_tokens as bigint) as seen_tokens_of_record,
    sources.seen_tokens / nullif(days.tokens_of_record, 0) as seen_ratio,
    cast(sources.tokens_of_nobody as bigint) as tokens_of_nobody,
    sources.person_count,
    sources.only_here_person_count,
    sources.usage_date
from sources
inner join days on sources.usage_date = days.usage_date
