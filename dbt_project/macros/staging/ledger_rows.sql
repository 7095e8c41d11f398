{#- A source's ledger, with what each load keeps beside it by window. -#}

{% macro ledger_rows(source_name, has_unread_items=false) -%}
with ledger as (

    select * from {{ source(source_name, 'completeness_ledger') }}

),

duplicates as (

    select
        endpoint,
        window_key,
        cast(sum(row_count) as bigint) as duplicate_row_count
    from {{ source(source_name, 'duplicate_rows') }}
    group by endpoint, window_key

)
{%- if has_unread_items %},

unread as (

    select
        endpoint,
        window_key,
        count(*) as unread_item_count
    from {{ source(source_name, 'unread_items') }}
    group by endpoint, window_key

)
{%- endif %}

select
    source as source_system,
    ledger.endpoint,
    ledger.window_key,
    status as completeness_status,
    api_version,
    run_id,
    high_water_mark,
    error as error_message,
    page_count,
    record_count,
    byte_count,
    coalesce(revision_count, 0) as revision_count,
    coalesce(duplicates.duplicate_row_count, 0) as duplicate_row_count,
    {% if has_unread_items -%}
    coalesce(unread.unread_item_count, 0)
    {%- else -%}
    cast(0 as bigint)
    {%- endif %} as unread_item_count,
    {{ utc_timestamp('window_start') }} as window_started_at,
    {{ utc_timestamp('window_end') }} as window_ended_at,
    {{ utc_timestamp('first_fetched_at') }} as first_fetched_at,
    {{ utc_timestamp('first_complete_at') }} as first_complete_at,
    {{ utc_timestamp('last_fetched_at') }} as last_fetched_at,
    {{ utc_timestamp('revised_at') }} as revised_at
from ledger
left join duplicates
    on ledger.endpoint = duplicates.endpoint and ledger.window_key = duplicates.window_key
{%- if has_unread_items %}
left join unread
    on ledger.endpoint = unread.endpoint and ledger.window_key = unread.window_key
{%- endif %}
{%- endmacro %}

{#- What a source's complete windows lost and gained when they were read again. -#}

{% macro revision_rows(source_name) -%}
select
    endpoint,
    window_key,
    change,
    record,
    record_count,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ utc_timestamp('revised_at') }} as revised_at
from {{ source(source_name, 'record_revisions') }}
{%- endmacro %}
