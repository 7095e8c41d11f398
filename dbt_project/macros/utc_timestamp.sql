{% macro utc_timestamp(expression) -%}
    {#- A zoneless timestamp in UTC, whatever the session's zone. A plain cast of the text to
        timestamp drops an offset, and a timestamptz shows in the reader's zone. -#}
    (cast({{ expression }} as timestamptz) at time zone 'UTC')
{%- endmacro %}
