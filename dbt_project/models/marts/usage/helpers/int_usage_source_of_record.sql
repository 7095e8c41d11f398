{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

with sources as (

    select
        usage_date,
        person_key,
        usage_route,
        usage_source,
        preference,
        bool_and(is_complete_day) as is_complete_day
    from {{ ref('int_usage_by_source') }}
    where {{ in_changed_days('usage_date') }}
    group by usage_date, person_key, usage_route, usage_source, preference

),

-- Days of people whose way to the model is known from some source.
known as (

    select distinct
        usage_date,
        person_key
    from sources
    where usage_route <> 'unknown'

)

select
    sources.usage_date,
    sources.person_key,
    sources.usage_route,
    -- A transcript that does not say how it was paid may tell what another source tells already.
    case
        when sources.usage_route = 'unknown' and bool_or(known.person_key is not null) then 'none'
        else arg_min(sources.usage_source, sources.preference)
    end as source_of_record,
    -- By preference.
    concat_ws(
        ', ',
        if(bool_or(sources.usage_source = 'admin'), 'admin', null),
        if(bool_or(sources.usage_source = 'gateway'), 'gateway', null),
        if(bool_or(sources.usage_source = 'telemetry'), 'telemetry', null),
        if(bool_or(sources.usage_source = 'local'), 'local', null)
    ) as usage_sources,
    count(*) as source_count,
    arg_min(sources.is_complete_day, sources.preference) as is_complete_day
from sources
left join known
    on sources.usage_date = known.usage_date and sources.person_key = known.person_key
group by sources.usage_date, sources.person_key, sources.usage_route
