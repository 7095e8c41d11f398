{#- How sure it is that a cost is of its row's person or key, by how it came there. -#}
{% macro allocation_confidence(method) -%}
    case
        when {{ method }} in ('direct', 'by_key') then 'high'
        when {{ method }} in ('by_key_creator', 'by_token_cost') then 'medium'
        when {{ method }} = 'unallocated' then 'none'
        else 'low'
    end
{%- endmacro %}
