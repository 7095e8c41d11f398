{#- The finest level with enough days behind it is the baseline of a day. -#}
{%- set levels = [
    ("weekday", "isodow(usage_date)", 6),
    ("day_class", "isodow(usage_date) >= 6", 8),
    ("all_days", "true", 8),
] -%}
{%- set scope = "scope_type, scope_id, organization_kind, cost_basis" -%}
{{ config(
    materialized="incremental",
    unique_key="usage_date",
    meta={"days_before": 56},
) }}

with series as (

    select * from {{ ref('int_cost_series') }}
    where {{ in_changed_days('usage_date', days_before=56) }}

),

by_weekday as (

    {{ costs_before("series", scope, levels[:1]) | indent(4) }}

),

-- Few scopes, or their first weeks, ask for a coarser level: medians over it take most of the time.
asking as (

    select
        {{ scope }},
        max(usage_date) as last_date
    from by_weekday
    where weekday_count < {{ levels[0][2] }} and {{ in_changed_days('usage_date') }}
    group by {{ scope }}

),

asked_of as (

    select series.*
    from series
    inner join asking using ({{ scope }})
    where series.usage_date <= asking.last_date

),

by_coarser as (

    {{ costs_before("asked_of", scope, levels[1:]) | indent(4) }}

),

levelled as (

    select
        by_weekday.*,
        {%- for level, _, _ in levels[1:] %}
        by_coarser.{{ level }}_count,
        by_coarser.{{ level }}_median_usd,
        by_coarser.{{ level }}_mad_usd,
        {%- endfor %}
        case
            {% for level, _, enough in levels %}
            when {{ level }}_count >= {{ enough }} then '{{ level }}'
            {% endfor %}
            else 'none'
        end as baseline_level
    from by_weekday
    left join by_coarser using ({{ scope }}, usage_date)
    where {{ in_changed_days('by_weekday.usage_date') }}

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
    cache_read_tokens / nullif(prompt_tokens, 0) as cache_read_ratio,
    usage_date
from chosen
