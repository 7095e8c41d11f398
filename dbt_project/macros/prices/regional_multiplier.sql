{#- The version that a model's name says, `4.5` as 405; null where it says none. -#}
{% macro version_of_model(model) -%}
    try_cast(
        nullif(regexp_extract({{ model }}, '^claude-[a-z]+-(\d{1,2})(?:-\d{1,2})?(?:[-@]|$)', 1), '')
        as integer
    ) * 100
    + coalesce(
        try_cast(
            nullif(regexp_extract({{ model }}, '^claude-[a-z]+-\d{1,2}-(\d{1,2})(?:[-@]|$)', 1), '')
            as integer
        ),
        0
    )
{%- endmacro %}

{#- What it costs to keep a request in a region: a tenth more for models from 4.5 on at Amazon and
    Google, and from 4.6 on in the United States at Anthropic; `global` costs nothing. -#}
{% macro regional_multiplier(route, geography, version) -%}
    case
        when {{ geography }} in ('global', 'unspecified') then 1.0
        when {{ route }} = 'bedrock' and not contains({{ geography }}, '-') and {{ version }} >= 405
            then 1.1
        when {{ route }} = 'bedrock' and {{ geography }} = 'us-gov' and {{ version }} >= 405 then 1.1
        when {{ route }} = 'vertex_ai' and {{ version }} >= 405 then 1.1
        when {{ route }} = 'anthropic' and {{ geography }} = 'us' and {{ version }} >= 406 then 1.1
        else 1.0
    end
{%- endmacro %}
