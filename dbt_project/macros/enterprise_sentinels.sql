{% macro enterprise_sentinels() -%}
    {#- What the Enterprise report does not tell of Claude Code use, and the Console report does. -#}
    'enterprise' as organization_id,
        'subscription' as customer_type,
        'enterprise' as subscription_type,
        'unknown' as terminal_type,
        false as is_remote
{%- endmacro %}
