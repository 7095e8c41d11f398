-- A page counts its records when it is stored. A list that has moved to another field of the
-- answer would otherwise parse to nothing, in silence.
with raw_records as (

    {% for report in reports() if report.is_followed %}
    select
        '{{ report.endpoint }}' as endpoint,
        window_key,
        sum(record_count) as raw_count
    from {{ source('raw_' ~ report.source, report.endpoint) }}
    group by window_key
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}

),

staged_records as (

    {% for report in reports() if report.is_followed %}
    select
        '{{ report.endpoint }}' as endpoint,
        window_key,
        count(*) as staged_count
    from {{ ref(report.model) }}
    group by window_key
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}

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
