{#- Which way a request went to the model, as telemetry and transcripts tell it. -#}

{% macro route_of_telemetry() -%}
    case
        when has_custom_base_url then 'gateway'
        when coalesce(provider, 'firstParty') = 'firstParty' then 'direct'
        else 'cloud'
    end
{%- endmacro %}

{% macro route_of_transcripts() -%}
    case billing_basis
        when 'gateway' then 'gateway'
        when 'api' then 'direct'
        when 'subscription' then 'direct'
        else 'unknown'
    end
{%- endmacro %}
