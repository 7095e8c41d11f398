-- A day that two reports tell counts once.
with sources as (

    select
        usage_date,
        'cost' as report_family,
        cost_source like 'enterprise%' as is_enterprise,
        cost_source as source_report
    from {{ ref('fct_billed_costs_daily') }}
    union all by name
    select
        usage_date,
        'usage' as report_family,
        usage_source like 'enterprise%' as is_enterprise,
        usage_source as source_report
    from {{ ref('fct_message_usage_daily') }}

)

select
    report_family,
    is_enterprise,
    usage_date
from sources
group by report_family, is_enterprise, usage_date
having count(distinct source_report) > 1
