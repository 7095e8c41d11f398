{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

with key_people as (

    select * from {{ ref('int_api_keys_matched_to_people') }}

),

{{ reports_unioned('usage') }}

select
    chosen.organization_kind,
    unioned.usage_source,
    {{ workspace_of_row() }} as workspace_id,
    coalesce(unioned.api_key_id, 'none') as api_key_id,
    coalesce(actors.person_key, key_people.person_key, 'unknown') as person_key,
    -- Not only the key that was used, but that it and nobody behind it is who used it.
    coalesce(actors.api_key_id, 'none') <> 'none' as is_key_named,
    coalesce(unioned.model, 'none') as model,
    coalesce(unioned.product, 'none') as product,
    coalesce(unioned.service_tier, 'none') as service_tier,
    coalesce(unioned.context_window, 'none') as context_window,
    unioned.uncached_input_tokens,
    unioned.output_tokens,
    unioned.cache_read_tokens,
    unioned.cache_creation_5m_tokens,
    unioned.cache_creation_1h_tokens,
    unioned.web_search_count,
    unioned.request_count,
    chosen.is_complete_day,
    unioned.usage_date
from {{ chosen_rows('usage') }}
left join key_people on unioned.api_key_id = key_people.api_key_id
where {{ in_changed_days('unioned.usage_date') }}
