{#- A model under the name that Anthropic's own API has for it, without what clouds and gateways put
    around it; `unmapped` where it is no Claude model's. -#}
{% macro local_model(name) -%}
    coalesce(
        nullif(
            concat_ws('-', nullif({{ local_model_parts(name) }}.model, ''),
                nullif({{ local_model_parts(name) }}.snapshot, '')),
            ''
        ),
        'unmapped'
    )
{%- endmacro %}

{% macro local_model_parts(name) -%}
    regexp_extract(
        lower({{ name }}),
        '^(?:[\w.-]+/)*(?:(?:us-gov|us|eu|apac|jp|au|ap|ca|sa|me|global)\.)?(?:anthropic\.)?'
        || '(claude-[a-z0-9.-]+?)(?:[-@](\d{8}))?(?:@(?:default|latest))?(?:-v\d+(?::\d+k?)*)?'
        || '(?:\[[0-9a-z]+\])?$',
        ['model', 'snapshot']
    )
{%- endmacro %}
