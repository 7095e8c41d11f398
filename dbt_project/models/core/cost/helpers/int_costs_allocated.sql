{{ config(materialized="view") }}

select
    cost_source,
    organization_kind,
    workspace_id,
    person_key,
    api_key_id,
    model,
    product,
    cost_type,
    token_type,
    case
        when api_key_id = 'none' then 'direct'
        when person_key = 'unknown' then 'by_key'
        else 'by_key_creator'
    end as allocation_method,
    billed_cost_usd as allocated_cost_usd,
    is_complete_day,
    usage_date
from {{ ref('int_costs_billed') }}
where person_key <> 'unknown' or api_key_id <> 'none'

union all by name

select * from {{ ref('int_costs_shared_out') }}
