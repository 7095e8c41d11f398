{%- set shape -%}
    {
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
    }
{%- endset -%}
{{ config(materialized="incremental") }}

with results as (

    {{ page_records("cost_report", shape, list="results") }}

)

select
    window_key,
    page_number,
    record_number as result_number,
    record.workspace_id as workspace_id,
    record.description as line_item_description,
    record.cost_type as cost_type,
    record.model as model,
    record.token_type as token_type,
    record.service_tier as service_tier,
    record.context_window as context_window,
    record.inference_geo as inference_geo,
    record.currency as currency,
    cast(record.amount as decimal(24, 10)) as billed_cost_cents,
    {{ utc_date('page_starting_at') }} as usage_date,
    loaded_at,
    run_id
from results
