{% macro page_records(table, shape) -%}
    {#- The records of the pages of a report, those of changed days, as a query: one row per record of
        the list that the report's declaration names, with `record` parsed to `shape`.

        Long pages are stored a record a row, which all threads parse. A few pages that are not are
        parsed in slices, which two threads share. -#}
    {%- set report = report_of(table) -%}
    {%- set list = report.records -%}
    {%- set pages = source("raw_" ~ report.source, table) -%}
    {%- for slice in page_slices(report) %}
    (
        select
            window_key,
            page_number,
            run_id,
            {{ utc_timestamp("fetched_at") }} as loaded_at,
            page.starting_at as page_starting_at,
            -- Not generate_subscripts, which takes longer than parsing.
            unnest(range(
                coalesce(records_before, 0) + 1,
                coalesce(records_before, 0) + len(page."{{ list }}") + 1
            )) as record_number,
            unnest(page."{{ list }}") as record
        from (
            select
                window_key,
                page_number,
                records_before,
                run_id,
                fetched_at,
                from_json(
                    body, '{"starting_at": "VARCHAR", "{{ list }}": [{{ shape }}]}'
                ) as page
            from {{ pages }} as pages
            where {{ slice }} and {{ in_changed_days("window_key") }}
        )
    )
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
{%- endmacro %}

{% macro page_slices(report) -%}
    {#- Conditions that part the pages to parse into slices of about 256 MB: ranges of neighbouring
        windows, because DuckDB then reads no body outside of them. Rows enough for two row groups
        are shared by two threads as they are: slices would only cost them time. A page of more than
        32,768 bytes is stored a record a row (LONGEST_BODY in ingestion/anthropic/pages.py). -#}
    {%- if not execute or model.get("is_being_fingerprinted") or model.resource_type == "unit_test" -%}
        {{ return(["true"]) }}
    {%- endif -%}
    {%- set slices = run_query(
        "with windows as (select window_key, byte_count,"
        " if(byte_count > 32768 * page_count, record_count, page_count) as row_count,"
        " record_count is distinct from 0 and " ~ in_changed_days("window_key") ~ " as is_new,"
        " row_number() over (order by window_key) as position"
        " from raw_" ~ report.source ~ ".completeness_ledger"
        " where endpoint = '" ~ report.endpoint ~ "'"
        " and page_count > 0), new_windows as (select window_key, position - row_number() over"
        " (order by window_key) as neighbourhood, if(sum(row_count) over () < 2 * 122880,"
        " floor(sum(byte_count) over (order by window_key) / 256e6), 0) as part"
        " from windows where is_new) select min(window_key), max(window_key) from"
        " new_windows group by neighbourhood, part order by 1"
    ).rows -%}
    {%- set conditions = [] -%}
    {%- for first, last in slices -%}
        {%- do conditions.append("window_key between '" ~ first ~ "' and '" ~ last ~ "'") -%}
    {%- endfor -%}
    {{ return(conditions or ["false"]) }}
{%- endmacro %}
