{#- Columns of a cost report that is asked once more by where the model ran, and not by actor. -#}

{% macro cost_by_geography_columns(record) -%}
    {{ record }}."group".product as product,
    {{ record }}."group".service_tier as service_tier,
    {{ record }}."group".inference_geo as inference_geo,
    {{ record }}."group".cost_type as cost_type,
    {{ record }}."group".token_type as token_type,
    {{ record }}.cost.currency as currency,
    {{ analytics_cost_figures(record ~ '."group"', record ~ ".cost") }},
    {{ utc_date(record ~ '.starting_at') }} as usage_date
{%- endmacro %}
