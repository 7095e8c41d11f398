{#- List prices of the models of a relation, a row for each model and day that has one. The names are
    read once for each, and not for each row of usage. -#}
{% macro model_prices(relation) -%}
    select
        models.model,
        models.usage_date,
        {% for _, rate, _ in priced_token_kinds() -%}
        prices.{{ rate }},
        {% endfor -%}
        prices.tier_threshold_tokens,
        prices.price_source
    from (select distinct model, usage_date from {{ relation }}) as models
    inner join prices
        on
            {{ priced_model_name('models.model') }} = prices.model
            and models.usage_date >= coalesce(prices.valid_from, date '0001-01-01')
            and models.usage_date < coalesce(prices.valid_to, date '9999-12-31')
{%- endmacro %}
