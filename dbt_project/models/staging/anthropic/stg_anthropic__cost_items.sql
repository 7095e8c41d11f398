with buckets as (

    select
        window_key,
        page_number,
        fetched_at,
        from_json(
            body,
            '{
                "starting_at": "VARCHAR",
                "results": [{
                    "workspace_id": "VARCHAR",
                    "description": "VARCHAR",
                    "cost_type": "VARCHAR",
                    "model": "VARCHAR",
                    "token_type": "VARCHAR",
                    "service_tier": "VARCHAR",
                    "context_window": "VARCHAR",
                    "inference_geo": "VARCHAR",
                    "amount": "VARCHAR",
                    "currency": "VARCHAR"
                }]
            }'
        ) as bucket
    from {{ source('raw_anthropic', 'cost_report') }}

),

results as (

    select
        window_key,
        page_number,
        generate_subscripts(bucket.results, 1) as result_number,
        unnest(bucket.results) as result,
        {{ utc_date('bucket.starting_at') }} as usage_date,
        {{ utc_timestamp('fetched_at') }} as loaded_at
    from buckets

)

select
    window_key,
    page_number,
    result_number,
    result.workspace_id as workspace_id,
    result.description as line_item_description,
    result.cost_type as cost_type,
    result.model as model,
    result.token_type as token_type,
    result.service_tier as service_tier,
    result.context_window as context_window,
    result.inference_geo as inference_geo,
    result.currency as currency,
    cast(result.amount as decimal(24, 10)) as billed_cost_cents,
    usage_date,
    loaded_at
from results
