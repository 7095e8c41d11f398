{#- Each day of `series` that is built, a condition on usage_date, with what the eight weeks before it
    let expect. The finest level with enough days behind it is the baseline of a day. -#}
{%- macro cost_baselines(series, scope, is_built) -%}
{%- set levels = [
    ("weekday", "isodow(usage_date)", 6),
    ("day_class", "isodow(usage_date) >= 6", 8),
    ("all_days", "true", 8),
] -%}
with by_weekday as (

    {{ costs_before(series, scope, levels[:1]) | indent(4) }}

),

-- Few scopes, or their first weeks, ask for a coarser level: medians over it take most of the time.
asking as (

    select
        {{ scope }},
        max(usage_date) as last_date
    from by_weekday
    where weekday_count < {{ levels[0][2] }} and {{ is_built }}
    group by {{ scope }}

),

asked_of as (

    select asked.*
    from {{ series }} as asked
    inner join asking using ({{ scope }})
    where asked.usage_date <= asking.last_date

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
        {%- endfor %}
        case
            {% for level, _, enough in levels %}
            when {{ level }}_count >= {{ enough }} then '{{ level }}'
            {% endfor %}
            else 'none'
        end as baseline_level
    from by_weekday
    left join by_coarser using ({{ scope }}, usage_date)

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
        end as expected_usd
    from levelled
    where {{ is_built }}

)

select
    *,
    cast(expected_usd as decimal(18, 6)) as expected_cost_usd,
    cast(cost_usd - expected_usd as decimal(18, 6)) as excess_cost_usd,
    -- A dollar more of each: who costs cents is no alarm at a few cents more. A decimal, so that sums
    -- do not hang on their order. (greatest() would pass over a null.)
    case
        when baseline_level <> 'none'
            then
                cast(
                    ln((greatest(cost_usd, 0) + 1) / (greatest(expected_usd, 0) + 1))
                    as decimal(9, 6)
                )
    end as log_ratio
from chosen
{%- endmacro %}
