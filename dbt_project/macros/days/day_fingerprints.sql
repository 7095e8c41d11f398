{#- The sums that tell of what a model's periods are to be built. -#}

{% macro periods_wanted(node, tables) -%}
    {#- A query: each period of a model with the sum of the fingerprints of its days, from the tables given,
        and of what the models by days that it is made of were built of. A fingerprint without a day counts
        for all of them. -#}
    {%- set meta = node.config.get("meta") or {} -%}
    with fingerprints as (

        {{ (fingerprints_of_pages(node) if node.config.unique_key == "window_key"
            else fingerprints_of_parents(node, tables)) | indent(8) }}

    ),

    -- Work on days that no report was read for is no reason to build one.
    days as (

        select
            usage_date,
            max(usage_date) over () as last_date
        from fingerprints
        where usage_date is not null and makes_days
        group by usage_date

    ),

    reaching as (

        select
            input,
            usage_date,
            fingerprint,
            cast(unnest(generate_series(
                usage_date - {{ meta.get("days_after", 0) }},
                least(
                    usage_date + {{ meta.get("days_before", 0) }},
                    (select any_value(last_date) from days)
                ),
                interval 1 day
            )) as date) as reached_date
        from fingerprints
        where usage_date is not null
        union all
        select
            fingerprints.input,
            null as usage_date,
            fingerprints.fingerprint,
            days.usage_date as reached_date
        from fingerprints
        cross join days
        where fingerprints.usage_date is null

    )

    select
        '{{ node.name }}' as model_name,
        cast(date_trunc('{{ period_of(node) }}', days.usage_date) as date) as period_start_date,
        sum(hash(
            reaching.input, reaching.usage_date, reaching.fingerprint, days.usage_date
        )) as fingerprint
    from days
    inner join reaching on days.usage_date = reaching.reached_date
    group by all
{%- endmacro %}

{% macro fingerprints_of_pages(node) -%}
    {#- The pages of a report as they were fetched, by the ledger: it is written in the transaction
        that stores them, and has a row where they may be a million. -#}
    {%- set pages = graph.sources[node.depends_on.nodes[0]] -%}
    select
        'pages' as input,
        true as makes_days,
        cast(window_key as date) as usage_date,
        sum(hash(run_id, last_fetched_at, page_count, record_count, byte_count)) as fingerprint
    from {{ pages.schema }}.completeness_ledger
    where endpoint = '{{ pages.name }}' and page_count > 0
    group by window_key
{%- endmacro %}

{% macro fingerprints_of_parents(node, tables) -%}
    {%- for table in tables -%}
    select
        input,
        usage_date,
        fingerprint,
        {{ makes_days(node, table) }} as makes_days
    from {{ table.include(database=false) }}
    where input in ('{{ parents_with_fingerprints(node) | join("', '") }}')
    union all by name
    {% endfor -%}
    select
        model_name as input,
        period_start_date as usage_date,
        fingerprint,
        true as makes_days
    from intermediate.built_days
    where model_name in ('{{ parents_by_days(node) | map(attribute="name") | join("', '") }}')
{%- endmacro %}

{% macro makes_days(node, table) -%}
    {#- Whether a day that a table of fingerprints has is built, also when nothing else tells of it. -#}
    {%- set found = graph.nodes["model." ~ node.package_name ~ "." ~ table.identifier] if execute -%}
    {{ return(not (found and found.config.meta.get("makes_no_days"))) }}
{%- endmacro %}
