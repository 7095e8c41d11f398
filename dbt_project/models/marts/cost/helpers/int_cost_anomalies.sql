{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
    meta={"days_before": 70},
) }}

{%- set scope = "scope_type, scope_id, organization_kind, cost_basis" -%}
{%- set critical_score = var('anomaly_critical_score', 5) -%}
-- Long: an alarm, its cause and its driver are told from the same rows.
with lately as (

    select * from {{ ref('int_cost_baselines') }}
    where {{ in_changed_days('usage_date', days_before=70) }}

),

baselines as (

    select * from lately
    where {{ in_changed_days('usage_date') }}

),

alarms as (

    select *
    from (
        {{ cost_alarms(
            "lately",
            scope,
            warning_score=var('anomaly_warning_score', 3),
            cache_rate_score=var('anomaly_cache_rate_score', 2.5),
            minimum_excess_usd=var('anomaly_minimum_excess_usd', 15),
        ) | indent(8) }}
    )
    where {{ in_changed_days('usage_date') }}

),

-- The tokens that the eight weeks before let expect.
expected as (

    select
        {{ scope }},
        alarms.usage_date,
        median(series.prompt_tokens) as expected_prompt_tokens,
        median(series.cache_read_tokens / nullif(series.prompt_tokens, 0))
            as expected_cache_read_ratio
    from alarms
    inner join {{ ref('int_cost_series') }} as series using ({{ scope }})
    where
        series.usage_date between alarms.usage_date - 56 and alarms.usage_date - 1
        and {{ in_changed_days('series.usage_date', days_before=56) }}
    group by all

),

anomalies as (

    select
        alarms.*,
        expected.expected_cache_read_ratio,
        case
            when alarms.anomaly_score >= {{ critical_score }} then 'critical' else 'warning'
        end as severity,
        -- The same tokens, or not many more, and far fewer of them read from the cache.
        coalesce(
            alarms.cache_read_ratio < expected.expected_cache_read_ratio - 0.2
            and alarms.prompt_tokens < 3 * expected.expected_prompt_tokens,
            false
        ) as is_cache_rate
    from alarms
    left join expected using ({{ scope }}, usage_date)
    where is_cache_rate or not alarms.needs_cause

),

-- Who could explain a jump of something larger: their own excess of the same day. Without a
-- baseline all they spent is excess, so that a newcomer can be the driver.
contributors as (

    select
        {{ scope }},
        coalesce(excess_cost_usd, cost_usd) as excess_cost_usd,
        usage_date
    from baselines
    where scope_type in ('person', 'actor_key')

),

explained as (

    select
        anomalies.scope_type,
        anomalies.scope_id,
        anomalies.organization_kind,
        anomalies.cost_basis,
        anomalies.usage_date,
        contributors.scope_type as driver_type,
        contributors.scope_id as driver_id,
        contributors.excess_cost_usd as driver_excess_cost_usd
    from anomalies
    inner join contributors
        on
            anomalies.usage_date = contributors.usage_date
            and anomalies.organization_kind = contributors.organization_kind
            and contributors.excess_cost_usd * 2 >= anomalies.excess_cost_usd
    where anomalies.scope_type in ('organization', 'workspace', 'model')
    qualify row_number() over (
        partition by
            anomalies.scope_type,
            anomalies.scope_id,
            anomalies.organization_kind,
            anomalies.cost_basis,
            anomalies.usage_date
        -- A person before the key the person signs in with: the same money.
        order by
            contributors.excess_cost_usd desc, contributors.scope_type desc, contributors.scope_id
    ) = 1

),

-- The model that explains most of a person's or key's day, of Claude Code's estimates.
models_of_day as (

    select
        'person' as scope_type,
        person_key as scope_id,
        model,
        sum(estimated_cost_usd) as model_cost_usd,
        usage_date
    from {{ ref('fct_claude_code_model_usage_daily') }}
    where {{ in_changed_days('usage_date') }}
    group by person_key, model, usage_date

    union all by name

    select
        'actor_key' as scope_type,
        actor_key as scope_id,
        model,
        sum(estimated_cost_usd) as model_cost_usd,
        usage_date
    from {{ ref('fct_claude_code_model_usage_daily') }}
    where actor_type = 'api_actor' and {{ in_changed_days('usage_date') }}
    group by actor_key, model, usage_date

),

largest_models as (

    select
        anomalies.scope_type,
        anomalies.scope_id,
        anomalies.usage_date,
        arg_max(models_of_day.model, (models_of_day.model_cost_usd, models_of_day.model))
            as largest_model
    from anomalies
    inner join models_of_day
        on
            anomalies.scope_type = models_of_day.scope_type
            and anomalies.scope_id = models_of_day.scope_id
            and anomalies.usage_date = models_of_day.usage_date
    where anomalies.cost_basis = 'estimated'
    group by anomalies.scope_type, anomalies.scope_id, anomalies.usage_date

)

select
    anomalies.scope_type,
    anomalies.scope_id,
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
    case
        when anomalies.scope_type in ('person', 'actor_key') and anomalies.is_cache_rate
            then 'cache_rate'
        when anomalies.scope_type in ('person', 'actor_key') then anomalies.scope_type
        else coalesce(explained.driver_type, 'undetermined')
    end as driver_type,
    case
        when anomalies.scope_type in ('person', 'actor_key') then anomalies.scope_id
        else coalesce(explained.driver_id, 'undetermined')
    end as driver_id,
    case
        when anomalies.scope_type in ('person', 'actor_key') then anomalies.excess_cost_usd
        else explained.driver_excess_cost_usd
    end as driver_excess_cost_usd,
    coalesce(largest_models.largest_model, 'none') as largest_model,
    anomalies.cache_read_ratio,
    anomalies.expected_cache_read_ratio,
    anomalies.usage_date
from anomalies
left join explained using ({{ scope }}, usage_date)
left join largest_models
    on
        anomalies.scope_type = largest_models.scope_type
        and anomalies.scope_id = largest_models.scope_id
        and anomalies.usage_date = largest_models.usage_date
        and anomalies.cost_basis = 'estimated'
