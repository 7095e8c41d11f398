{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

-- The cost reports by actor say nothing of geography, their details do.
with lines as (

    {% for report in reports() if report.family == "cost by geography" -%}
    select
        '{{ report.organization }}' as organization_kind,
        coalesce(model, 'none') as model,
        {{ micros(cents_to_usd('billed_cost_cents')) }} as billed_micros,
        usage_date
    from {{ ref(report.model) }}
    where cost_type = 'tokens' and inference_geo = 'us' and {{ in_changed_days('usage_date') }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    organization_kind,
    model,
    count(*) as us_line_count,
    sum({{ us_residency_micros('billed_micros') }}) as us_micros,
    usage_date
from lines
group by organization_kind, model, usage_date
