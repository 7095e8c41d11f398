-- A page counts its minutes, and staging has a row per result: what the minutes hold is counted in
-- the JSON text itself, and a page without minutes that says it has some is a list that has moved.
with pages as (

    select
        window_key,
        sum(record_count) as minute_count,
        sum(coalesce(json_array_length(body, '$.data'), 0)) as found_minute_count,
        sum(coalesce(list_sum([
            json_array_length(one, '$.results')
            for one in cast(json_extract(body, '$.data') as json[])
        ]), 0)) as result_count
    from {{ source('raw_anthropic', 'usage_report_messages_by_minute') }}
    group by window_key

),

staged as (

    select
        window_key,
        count(*) as staged_count
    from {{ ref('stg_anthropic__message_usage_by_minute') }}
    group by window_key

)

select
    pages.window_key,
    pages.minute_count,
    pages.found_minute_count,
    pages.result_count,
    coalesce(staged.staged_count, 0) as staged_count
from pages
left join staged on pages.window_key = staged.window_key
where
    pages.minute_count <> pages.found_minute_count
    or pages.result_count <> coalesce(staged.staged_count, 0)
