-- A view: the parsed records hold these rows as lists, and a copy would cost as much as parsing.
{{ config(materialized="view") }}

with records as (

    select * from {{ ref('stg_anthropic__claude_code_records') }}

),

breakdown as (

    select
        window_key,
        page_number,
        record_number,
        unnest(range(1, len(model_breakdown) + 1)) as breakdown_number,
        organization_id,
        actor_key,
        customer_type,
        subscription_type,
        terminal_type,
        unnest(model_breakdown) as usage,
        is_remote,
        usage_date,
        loaded_at,
        run_id
    from records

)

select
    window_key,
    page_number,
    record_number,
    breakdown_number,
    organization_id,
    actor_key,
    customer_type,
    subscription_type,
    terminal_type,
    usage.model as model,
    usage.estimated_cost.currency as currency,
    usage.tokens.input as input_tokens,
    usage.tokens.output as output_tokens,
    usage.tokens.cache_read as cache_read_tokens,
    usage.tokens.cache_creation as cache_creation_tokens,
    {{ decimal_cents("usage.estimated_cost.amount") }} as estimated_cost_cents,
    is_remote,
    usage_date,
    loaded_at,
    run_id
from breakdown
