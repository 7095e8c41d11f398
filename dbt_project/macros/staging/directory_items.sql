{#- Items of the directories, the same in the current lists and in their history. -#}

{% macro user_shape() -%}
    {
        "id": "VARCHAR",
        "email": "VARCHAR",
        "name": "VARCHAR",
        "role": "VARCHAR",
        "added_at": "VARCHAR"
    }
{%- endmacro %}

{% macro user_columns(item) -%}
    {{ normal_email(item ~ ".email") }} as email_address,
    {{ item }}.name as display_name,
    {{ item }}.role as organization_role,
    {{ utc_timestamp(item ~ ".added_at") }} as added_at
{%- endmacro %}

{% macro workspace_shape() -%}
    {
        "id": "VARCHAR",
        "name": "VARCHAR",
        "created_at": "VARCHAR",
        "archived_at": "VARCHAR",
        "tags": "MAP(VARCHAR, VARCHAR)",
        "data_residency": {"workspace_geo": "VARCHAR", "default_inference_geo": "VARCHAR"}
    }
{%- endmacro %}

{% macro workspace_columns(item) -%}
    {{ item }}.name as workspace_name,
    {{ item }}.data_residency.workspace_geo as workspace_geo,
    {{ item }}.data_residency.default_inference_geo as default_inference_geo,
    {{ item }}.tags as tags,
    {{ item }}.archived_at is not null as is_archived,
    {{ utc_timestamp(item ~ ".created_at") }} as created_at,
    {{ utc_timestamp(item ~ ".archived_at") }} as archived_at
{%- endmacro %}

{% macro api_key_shape() -%}
    {
        "id": "VARCHAR",
        "name": "VARCHAR",
        "status": "VARCHAR",
        "workspace_id": "VARCHAR",
        "scope": {"type": "VARCHAR", "workspace_id": "VARCHAR"},
        "created_by": {"id": "VARCHAR", "type": "VARCHAR"},
        "created_at": "VARCHAR",
        "expires_at": "VARCHAR"
    }
{%- endmacro %}

{% macro api_key_columns(item) -%}
    {{ item }}.name as api_key_name,
    {{ item }}.status as api_key_status,
    {{ item }}.scope.type as scope_type,
    {{ item }}.scope.workspace_id as scope_workspace_id,
    {{ item }}.created_by.id as created_by_id,
    {{ item }}.created_by.type as created_by_type,
    {{ utc_timestamp(item ~ ".created_at") }} as created_at,
    {{ utc_timestamp(item ~ ".expires_at") }} as expires_at
{%- endmacro %}

{% macro directory_items(table, shape) -%}
    {#- The items of a directory's pages, as a query: `item` of the given shape. -#}
    select
        window_key,
        page_number,
        api_version,
        unnest(from_json(body, '{"data": [{{ shape }}]}').data) as item,
        {{ utc_timestamp('fetched_at') }} as loaded_at
    from {{ source('raw_anthropic', table) }}
{%- endmacro %}

{% macro entity_versions(source_name, directories, shape) -%}
    {#- The versions of the entities of some directories, as a query: `item` of the given shape. -#}
    select
        directory,
        scope,
        entity_id,
        from_json(body, '{{ shape }}') as item,
        valid_to is null as is_current,
        {{ utc_timestamp('valid_from') }} as valid_from,
        {{ utc_timestamp('valid_to') }} as valid_to
    from {{ source(source_name, 'entity_versions') }}
    where directory in ('{{ directories | join("', '") }}')
{%- endmacro %}
