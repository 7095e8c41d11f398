with requests as (

    select
        usage_date,
        gateway,
        sum(request_count) as request_count,
        sum(failed_request_count) as failed_request_count,
        coalesce(sum(request_count) filter (where model = 'unmapped'), 0)
            as unmapped_request_count,
        coalesce(sum(request_count) filter (where list_cost_usd is null), 0)
            as unpriced_request_count,
        sum(claimed_cost_usd) as claimed_cost_usd,
        coalesce(sum(claimed_cost_usd) filter (where list_cost_usd is not null), 0)
            as priced_claimed_cost_usd,
        coalesce(sum(list_cost_usd), 0) as list_cost_usd
    from {{ ref('int_gateway_usage_priced') }}
    group by usage_date, gateway

),

totals as (

    select * from {{ ref('int_gateway_totals_daily') }}

),

read_days as (

    select
        source_system as gateway,
        cast(window_started_at as date) as usage_date
    from {{ ref('data_completeness') }}
    where source_system = 'litellm' and endpoint = 'requests' and is_complete

)

select
    usage_date,
    gateway,
    cast(coalesce(requests.request_count, 0) as bigint) as request_count,
    cast(coalesce(requests.failed_request_count, 0) as bigint) as failed_request_count,
    cast(coalesce(requests.unmapped_request_count, 0) as bigint) as unmapped_request_count,
    cast(coalesce(requests.unpriced_request_count, 0) as bigint) as unpriced_request_count,
    cast(coalesce(requests.claimed_cost_usd, 0) as decimal(24, 12)) as claimed_cost_usd,
    cast(coalesce(requests.priced_claimed_cost_usd, 0) as decimal(24, 12))
        as priced_claimed_cost_usd,
    cast(coalesce(requests.list_cost_usd, 0) as decimal(24, 12)) as list_cost_usd,
    cast(
        coalesce(requests.priced_claimed_cost_usd - requests.list_cost_usd, 0) as decimal(24, 12)
    ) as claimed_above_list_usd,
    totals.request_count as gateway_request_count,
    cast(totals.claimed_cost_usd as decimal(24, 12)) as gateway_claimed_cost_usd,
    cast(totals.request_count - coalesce(requests.request_count, 0) as bigint)
        as missing_request_count,
    read_days.usage_date is not null as is_complete_day
from requests
full join totals using (usage_date, gateway)
left join read_days using (usage_date, gateway)
