{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

with {{ reports_unioned('cost') }}

select
    chosen.organization_kind,
    unioned.cost_source,
    {{ workspace_of_row() }} as workspace_id,
    coalesce(actors.person_key, 'unknown') as person_key,
    coalesce(actors.api_key_id, 'none') as api_key_id,
    coalesce(unioned.line_item_description, 'none') as line_item_description,
    coalesce(unioned.cost_type, 'none') as cost_type,
    coalesce(unioned.model, 'none') as model,
    coalesce(unioned.product, 'none') as product,
    coalesce(unioned.token_type, 'none') as token_type,
    coalesce(unioned.service_tier, 'none') as service_tier,
    coalesce(unioned.context_window, 'none') as context_window,
    coalesce(unioned.inference_geo, 'none') as inference_geo,
    unioned.billed_cost_cents,
    unioned.list_cost_cents,
    chosen.is_complete_day,
    unioned.usage_date
from {{ chosen_rows('cost') }}
where {{ in_changed_days('unioned.usage_date') }}
