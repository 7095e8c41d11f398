-- A page counts its records when it is stored. A list that has moved to another field of the
-- answer would otherwise parse to nothing, in silence.
with raw_records as (

    {% for report in ['usage_report_claude_code', 'usage_report_messages', 'cost_report'] %}
    select
        '{{ report }}' as endpoint,
        window_key,
        sum(record_count) as raw_count
    from {{ source('raw_anthropic', report) }}
    group by window_key
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}

),

staged_records as (

    select
        'usage_report_claude_code' as endpoint,
        window_key,
        count(*) as staged_count
    from {{ ref('stg_anthropic__claude_code_records') }}
    group by window_key
    union all by name
    select
        'usage_report_messages' as endpoint,
        window_key,
        count(*) as staged_count
    from {{ ref('stg_anthropic__message_usage') }}
    group by window_key
    union all by name
    select
        'cost_report' as endpoint,
        window_key,
        count(*) as staged_count
    from {{ ref('stg_anthropic__cost_items') }}
    group by window_key

)

select
    raw_records.endpoint,
    raw_records.window_key,
    raw_records.raw_count,
    coalesce(staged_records.staged_count, 0) as staged_count
from raw_records
left join staged_records
    on
        raw_records.endpoint = staged_records.endpoint
        and raw_records.window_key = staged_records.window_key
where coalesce(staged_records.staged_count, 0) <> raw_records.raw_count
