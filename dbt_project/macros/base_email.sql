{% macro base_email(expression) -%}
    {#- `ada+claude@x` is delivered to `ada@x`: one mailbox, one person. GitHub's noreply addresses
        have a number before the plus and are left as they are. -#}
    case
        when ends_with({{ expression }}, '@users.noreply.github.com') then {{ expression }}
        else regexp_replace({{ expression }}, '^([^+@]+)[+][^@]*@', '\1@')
    end
{%- endmacro %}
