with anomalies as (

    select * from {{ ref('int_cost_anomalies') }}

),

names as (

    select * from {{ ref('int_scope_names') }}

)

select
    anomalies.scope_type,
    anomalies.scope_id,
    coalesce(scopes.scope_name, anomalies.scope_id) as scope_name,
    anomalies.organization_kind,
    anomalies.cost_basis,
    anomalies.severity,
    anomalies.alarm_rule,
    anomalies.anomaly_score,
    anomalies.cost_usd,
    anomalies.expected_cost_usd,
    anomalies.excess_cost_usd,
    anomalies.baseline_level,
    anomalies.baseline_day_count,
    anomalies.driver_type,
    anomalies.driver_id,
    coalesce(drivers.scope_name, anomalies.driver_id) as driver_name,
    anomalies.driver_excess_cost_usd,
    anomalies.largest_model,
    anomalies.cache_read_ratio,
    anomalies.expected_cache_read_ratio,
    anomalies.usage_date
from anomalies
left join names as scopes
    on anomalies.scope_type = scopes.scope_type and anomalies.scope_id = scopes.scope_id
-- A jump for want of the cache is of the scope itself.
left join names as drivers
    on
        anomalies.driver_id = drivers.scope_id
        and drivers.scope_type = case anomalies.driver_type
            when 'cache_rate' then anomalies.scope_type else anomalies.driver_type
        end
