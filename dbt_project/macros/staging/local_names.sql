{#- A model under the name that Anthropic's own API has for it, without what clouds and gateways put
    around it; `unmapped` where it is no Claude model's. -#}
{% macro local_model(name) -%}
    coalesce(
        nullif(
            concat_ws('-', nullif({{ claude_name_parts(name) }}.model, ''),
                nullif({{ claude_name_parts(name) }}.snapshot, '')),
            ''
        ),
        'unmapped'
    )
{%- endmacro %}
