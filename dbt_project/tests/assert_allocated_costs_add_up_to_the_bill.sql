-- For each day, source and workspace what is allocated is what was billed, to the last digit.
with billed as (

    select
        usage_date,
        cost_source,
        workspace_id,
        sum(billed_cost_usd) as billed_cost_usd
    from {{ ref('fct_billed_costs_daily') }}
    where {{ in_untested_days('usage_date') }}
    group by usage_date, cost_source, workspace_id

),

allocated as (

    select
        usage_date,
        cost_source,
        workspace_id,
        sum(allocated_cost_usd) as allocated_cost_usd
    from {{ ref('fct_cost_attribution_daily') }}
    where {{ in_untested_days('usage_date') }}
    group by usage_date, cost_source, workspace_id

)

select
    usage_date,
    cost_source,
    workspace_id,
    billed.billed_cost_usd,
    allocated.allocated_cost_usd
from billed
full join allocated using (usage_date, cost_source, workspace_id)
where billed.billed_cost_usd is distinct from allocated.allocated_cost_usd
