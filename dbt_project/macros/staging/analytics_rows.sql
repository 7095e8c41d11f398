{#- Rows of the analytics reports of usage and cost: one shape for Console and Enterprise, one for
    the legacy reports by user, and the same columns from both. -#}

{% macro analytics_usage_fields() -%}
    "uncached_input_tokens": "BIGINT",
    "output_tokens": "BIGINT",
    "cache_read_input_tokens": "BIGINT",
    "cache_creation": {
        "ephemeral_5m_input_tokens": "BIGINT",
        "ephemeral_1h_input_tokens": "BIGINT"
    },
    "server_tool_use": {"web_search_requests": "BIGINT"},
    "requests": "BIGINT"
{%- endmacro %}

{% macro analytics_cost_fields() -%}
    "amount": "VARCHAR",
    "list_amount": "VARCHAR",
    "currency": "VARCHAR"
{%- endmacro %}

{% macro analytics_group_fields() -%}
    "actor": {
        "type": "VARCHAR",
        "user_id": "VARCHAR",
        "email_address": "VARCHAR",
        "email": "VARCHAR",
        "api_key_id": "VARCHAR",
        "service_account_id": "VARCHAR"
    },
    "api_key_id": "VARCHAR",
    "workspace_id": "VARCHAR",
    "model": "VARCHAR",
    "product": "VARCHAR",
    "service_tier": "VARCHAR",
    "context_window": "VARCHAR",
    "inference_geo": "VARCHAR",
    "cost_type": "VARCHAR",
    "token_type": "VARCHAR"
{%- endmacro %}

{% macro analytics_row_shape(metric, fields) -%}
    {
        "starting_at": "VARCHAR",
        "group": { {{ analytics_group_fields() }} },
        "{{ metric }}": { {{ fields }} }
    }
{%- endmacro %}

{% macro user_report_row_shape(fields) -%}
    {
        "starting_at": "VARCHAR",
        {{ analytics_group_fields() }},
        {{ fields }}
    }
{%- endmacro %}

{% macro analytics_group_columns(group) -%}
    {#- Keys of a record and its dimensions. `group` is where the record has them. -#}
    window_key,
    page_number,
    record_number,
    md5(concat_ws(
        '|',
        coalesce({{ group }}.actor.type, ''),
        coalesce({{ group }}.actor.user_id, ''),
        coalesce({{ group }}.actor.email_address, {{ group }}.actor.email, ''),
        coalesce({{ group }}.actor.api_key_id, ''),
        coalesce({{ group }}.actor.service_account_id, '')
    )) as analytics_actor_key,
    {{ group }}.actor.type as actor_type,
    {{ group }}.actor.user_id as actor_user_id,
    -- Versions differ in the name. The address of a deleted person is gone, the id is kept.
    {{ normal_email("coalesce(" ~ group ~ ".actor.email_address, " ~ group ~ ".actor.email)") }}
        as actor_email_address,
    {{ group }}.actor.api_key_id as actor_api_key_id,
    {{ group }}.actor.service_account_id as actor_service_account_id,
    -- The legacy reports spell it with a hyphen.
    replace({{ group }}.product, '-', '_') as product,
    {{ group }}.service_tier as service_tier,
    {{ group }}.context_window as context_window
{%- endmacro %}

{% macro analytics_usage_figures(group, usage) -%}
    {{ group }}.workspace_id as workspace_id,
    {{ group }}.model as model,
    {{ usage }}.uncached_input_tokens as uncached_input_tokens,
    {{ usage }}.output_tokens as output_tokens,
    {{ usage }}.cache_read_input_tokens as cache_read_tokens,
    {{ usage }}.cache_creation.ephemeral_5m_input_tokens as cache_creation_5m_tokens,
    {{ usage }}.cache_creation.ephemeral_1h_input_tokens as cache_creation_1h_tokens,
    {{ usage }}.server_tool_use.web_search_requests as web_search_count,
    {{ usage }}.requests as request_count
{%- endmacro %}

{% macro analytics_usage_columns(group, usage) -%}
    {{ analytics_group_columns(group) }},
    {{ group }}.api_key_id as api_key_id,
    {{ analytics_usage_figures(group, usage) }},
    {{ utc_date('record.starting_at') }} as usage_date,
    loaded_at,
    run_id
{%- endmacro %}

{% macro analytics_cost_figures(group, cost) -%}
    {{ group }}.workspace_id as workspace_id,
    {{ group }}.model as model,
    {{ decimal_cents(cost ~ ".amount") }} as billed_cost_cents,
    {{ decimal_cents(cost ~ ".list_amount") }} as list_cost_cents
{%- endmacro %}

{% macro analytics_cost_columns(group, cost) -%}
    {{ analytics_group_columns(group) }},
    {{ group }}.inference_geo as inference_geo,
    {{ group }}.cost_type as cost_type,
    {{ group }}.token_type as token_type,
    {{ cost }}.currency as currency,
    {{ analytics_cost_figures(group, cost) }},
    {{ utc_date('record.starting_at') }} as usage_date,
    loaded_at,
    run_id
{%- endmacro %}

{#- How a revised record is read, by report: its figures and what they are told by. -#}

{% macro analytics_usage_record_shape() -%}
    {{ analytics_row_shape("usage", analytics_usage_fields()) }}
{%- endmacro %}

{% macro analytics_usage_record_columns(record) -%}
    {{ analytics_usage_figures(record ~ '."group"', record ~ ".usage") }}
{%- endmacro %}

{% macro analytics_cost_record_shape() -%}
    {{ analytics_row_shape("cost", analytics_cost_fields()) }}
{%- endmacro %}

{% macro analytics_cost_record_columns(record) -%}
    {{ analytics_cost_figures(record ~ '."group"', record ~ ".cost") }}
{%- endmacro %}

{% macro user_usage_record_shape() -%}
    {{ user_report_row_shape(analytics_usage_fields()) }}
{%- endmacro %}

{% macro user_usage_record_columns(record) -%}
    {{ analytics_usage_figures(record, record) }}
{%- endmacro %}

{% macro user_cost_record_shape() -%}
    {{ user_report_row_shape(analytics_cost_fields()) }}
{%- endmacro %}

{% macro user_cost_record_columns(record) -%}
    {{ analytics_cost_figures(record, record) }}
{%- endmacro %}
