{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

with costs as (

    select * from {{ ref('int_cost_unioned') }}
    where {{ in_changed_days('usage_date') }}

),

daily as (

    select
        usage_date,
        cost_source,
        workspace_id,
        person_key,
        api_key_id,
        line_item_description,
        cost_type,
        model,
        product,
        token_type,
        service_tier,
        context_window,
        inference_geo,
        cast(sum({{ cents_to_usd('billed_cost_cents') }}) as decimal(18, 6)) as billed_cost_usd,
        cast(sum({{ cents_to_usd('list_cost_cents') }}) as decimal(18, 6)) as list_cost_usd,
        bool_and(is_complete_day) as is_complete_day
    from costs
    group by
        usage_date,
        cost_source,
        workspace_id,
        person_key,
        api_key_id,
        line_item_description,
        cost_type,
        model,
        product,
        token_type,
        service_tier,
        context_window,
        inference_geo

)

select
    cost_source,
    workspace_id,
    person_key,
    api_key_id,
    md5(
        concat_ws(
            '|',
            line_item_description,
            cost_type,
            model,
            token_type,
            service_tier,
            context_window,
            inference_geo,
            -- Left out where there is none, so that keys of the legacy report stay what they were.
            nullif(product, 'none')
        )
    ) as line_item_key,
    line_item_description,
    cost_type,
    model,
    product,
    token_type,
    service_tier,
    context_window,
    inference_geo,
    billed_cost_usd,
    list_cost_usd,
    is_complete_day,
    usage_date
from daily
