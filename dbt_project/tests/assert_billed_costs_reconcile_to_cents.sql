-- The mart holds the cents of the reports that days are taken from: all of them, and no others.
-- Each record is rounded once, by at most half of a millionth of a dollar.
with staged as (

    {% for report in reports_of("cost") %}
    select
        '{{ report.endpoint }}' as endpoint,
        window_key,
        sum(billed_cost_cents) as cents,
        count(*) * 0.0000005 as tolerance_usd
    from {{ ref(report.model) }}
    group by window_key
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}

),

chosen as (

    select
        staged.endpoint,
        staged.window_key,
        staged.cents,
        staged.tolerance_usd
    from staged
    inner join {{ ref('int_report_days_chosen') }} as days
        on staged.endpoint = days.endpoint and staged.window_key = days.window_key
    where days.report_family = 'cost'

),

unioned as (

    select
        cost_source as endpoint,
        cast(usage_date as varchar) as window_key,
        sum(billed_cost_cents) as cents
    from {{ ref('int_cost_unioned') }}
    group by cost_source, usage_date

),

mart as (

    select
        cost_source as endpoint,
        cast(usage_date as varchar) as window_key,
        sum(billed_cost_usd) as mart_usd
    from {{ ref('fct_billed_costs_daily') }}
    group by cost_source, usage_date

)

select
    endpoint,
    window_key,
    chosen.cents as staged_cents,
    unioned.cents as unioned_cents,
    mart.mart_usd
from chosen
full join unioned using (endpoint, window_key)
full join mart using (endpoint, window_key)
where
    chosen.cents is distinct from unioned.cents
    or mart.mart_usd is null
    or abs(chosen.cents * 0.01 - mart.mart_usd) > chosen.tolerance_usd
