{#- What one response costs at list price, exactly: its tokens, a batch at half, a tenth more in the
    United States, and a cent a web search. The list has no price of fast answers: null. -#}
{% macro list_price_of_response(response, rates) -%}
    case
        when coalesce({{ response }}.speed, 'standard') not in ('standard', 'not_available')
            then null
        else cast(
            (
                {% for tokens, rate, _ in priced_token_kinds() -%}
                {{ list_price_of_tokens(response ~ '.' ~ tokens, rates ~ '.' ~ rate) }}
                {{- ' +' if not loop.last }}
                {% endfor -%}
            )
            * case when {{ response }}.service_tier = 'batch' then 0.5 else 1.0 end
            * case when {{ response }}.inference_geo = 'us' then 1.1 else 1.0 end
            + cast({{ response }}.web_search_count as decimal(12, 0)) * 0.01
            as decimal(24, 12)
        )
    end
{%- endmacro %}
