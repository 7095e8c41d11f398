-- What a report says now and the bill taken from it are the same to the last digit, day by day.
with readings as (

    select
        report as cost_source,
        usage_date,
        sum(figure) as reading_usd
    from {{ ref('report_revisions') }}
    where metric = 'billed_cost_usd' and is_current
    group by report, usage_date

),

bill as (

    select
        cost_source,
        usage_date,
        sum(billed_cost_usd) as billed_usd
    from {{ ref('fct_billed_costs_daily') }}
    group by cost_source, usage_date

)

select
    cost_source,
    usage_date,
    readings.reading_usd,
    bill.billed_usd
from bill
left join readings using (cost_source, usage_date)
where readings.reading_usd is distinct from bill.billed_usd
