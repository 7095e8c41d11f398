with cost_items as (

    select
        usage_date,
        coalesce(workspace_id, 'default') as workspace_id,
        coalesce(line_item_description, 'none') as line_item_description,
        coalesce(cost_type, 'none') as cost_type,
        coalesce(model, 'none') as model,
        coalesce(token_type, 'none') as token_type,
        coalesce(service_tier, 'none') as service_tier,
        coalesce(context_window, 'none') as context_window,
        coalesce(inference_geo, 'none') as inference_geo,
        billed_cost_cents
    from {{ ref('stg_anthropic__cost_items') }}

),

daily as (

    select
        usage_date,
        workspace_id,
        line_item_description,
        cost_type,
        model,
        token_type,
        service_tier,
        context_window,
        inference_geo,
        {{ cents_to_usd('sum(billed_cost_cents)') }} as billed_cost_usd
    from cost_items
    group by
        usage_date,
        workspace_id,
        line_item_description,
        cost_type,
        model,
        token_type,
        service_tier,
        context_window,
        inference_geo

)

select
    workspace_id,
    md5(
        concat_ws(
            '|',
            line_item_description,
            cost_type,
            model,
            token_type,
            service_tier,
            context_window,
            inference_geo
        )
    ) as line_item_key,
    line_item_description,
    cost_type,
    model,
    token_type,
    service_tier,
    context_window,
    inference_geo,
    billed_cost_usd,
    usage_date
from daily
