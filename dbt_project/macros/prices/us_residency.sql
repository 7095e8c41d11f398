{% macro us_residency_micros(billed_micros) -%}
    {#- What of a line in millionths of a dollar a model costs more for running in the United States:
        eleven tenths of the list price, so an eleventh of the line, to the nearest millionth. -#}
    sign({{ billed_micros }})
    * (abs({{ billed_micros }}) - (abs({{ billed_micros }}) * 10 + 5) // 11)
{%- endmacro %}
