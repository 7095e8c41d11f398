{#- Exact dollars of tokens at a rate per million: multiplied, as DuckDB's `/` gives doubles. Null
    where the rate is, unless there is nothing to price. -#}
{% macro list_price_of_tokens(tokens, usd_per_million) -%}
    case
        when coalesce({{ tokens }}, 0) = 0 then 0
        else
            cast({{ tokens }} as decimal(15, 0))
            * cast({{ usd_per_million }} as decimal(9, 6))
            * 0.000001
    end
{%- endmacro %}

{#- The kinds of token and the columns of their rates. The reports call a kind by its third name. -#}
{% macro priced_token_kinds() -%}
    {{ return([
        ["uncached_input_tokens", "input_usd_per_million", "uncached_input_tokens"],
        ["output_tokens", "output_usd_per_million", "output_tokens"],
        ["cache_read_tokens", "cache_read_usd_per_million", "cache_read_input_tokens"],
        [
            "cache_creation_5m_tokens",
            "cache_write_5m_usd_per_million",
            "cache_creation.ephemeral_5m_input_tokens",
        ],
        [
            "cache_creation_1h_tokens",
            "cache_write_1h_usd_per_million",
            "cache_creation.ephemeral_1h_input_tokens",
        ],
    ]) }}
{%- endmacro %}
