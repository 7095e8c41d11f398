{{ config(materialized="incremental", unique_key="usage_date", meta={"days_before": 56}) }}

{#- The finest level with enough days behind it is the baseline of a day. -#}
{%- set levels = [
    ("weekday", "isodow(usage_date)", 6),
    ("day_class", "isodow(usage_date) >= 6", 8),
    ("all_days", "true", 8),
] -%}
with series as (

    select * from {{ ref('int_cost_series') }}
    where {{ in_changed_days('usage_date', days_before=56) }}

),

-- Strictly before the day: the baseline of a day knows nothing of it or of what came after.
windowed as (

    select
        *,
        {% for level, _, _ in levels %}
        count(*) over {{ level }} as {{ level }}_count,
        median(cost_usd) over {{ level }} as {{ level }}_median_usd,
        mad(cost_usd) over {{ level }} as {{ level }}_mad_usd,
        {% endfor %}
        median(prompt_tokens) over all_days as expected_prompt_tokens,
        median(cache_read_tokens / nullif(prompt_tokens, 0)) over all_days
            as expected_cache_read_ratio
    from series
    window
        {% for level, partition, _ in levels %}
        {{ level }} as (
            partition by scope_type, scope_id, organization_kind, cost_basis, {{ partition }}
            order by usage_date
            range between interval 56 days preceding and interval 1 day preceding
        ){{ ',' if not loop.last }}
        {% endfor %}

),

levelled as (

    select
        *,
        case
            {% for level, _, enough in levels %}
            when {{ level }}_count >= {{ enough }} then '{{ level }}'
            {% endfor %}
            else 'none'
        end as baseline_level
    from windowed

),

chosen as (

    select
        *,
        case baseline_level
            {% for level, _, _ in levels %}
            when '{{ level }}' then {{ level }}_count
            {% endfor %}
            else all_days_count
        end as baseline_day_count,
        case baseline_level
            {% for level, _, _ in levels %}
            when '{{ level }}' then {{ level }}_median_usd
            {% endfor %}
        end as expected_cost_usd,
        case baseline_level
            {% for level, _, _ in levels %}
            when '{{ level }}' then {{ level }}_mad_usd
            {% endfor %}
        end as mad_cost_usd
    from levelled

)

select
    scope_type,
    scope_id,
    organization_kind,
    cost_basis,
    baseline_level,
    baseline_day_count,
    cost_usd,
    cast(expected_cost_usd as decimal(18, 6)) as expected_cost_usd,
    cast(cost_usd - expected_cost_usd as decimal(18, 6)) as excess_cost_usd,
    -- 1.4826 makes the MAD of a normal distribution its standard deviation. Not less than a
    -- quarter of what is expected, nor a dollar: who costs the same every day is no alarm at a cent.
    (cost_usd - expected_cost_usd)
    / greatest(1.4826 * mad_cost_usd, 0.25 * expected_cost_usd, 1.0) as anomaly_score,
    prompt_tokens,
    expected_prompt_tokens,
    cache_read_tokens / nullif(prompt_tokens, 0) as cache_read_ratio,
    expected_cache_read_ratio,
    usage_date
from chosen
where {{ in_changed_days('usage_date') }}
