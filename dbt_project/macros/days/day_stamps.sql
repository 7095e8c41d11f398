{#- The sums that tell of what a model's periods are to be built. -#}

{% macro periods_wanted(node) -%}
    {#- A query: each period of a model with the sum of what its inputs say of its days, and of what
        the models by days that it is made of were built of. An input without a day counts for all
        of them. Days that no report was read for have nothing. -#}
    {%- set meta = node.config.get("meta") or {} -%}
    {%- set inputs = meta.get("day_inputs", []) -%}
    {%- set parents = [] -%}
    {%- for parent in incremental_parents(node) if is_built_by_days(parent) -%}
        {%- do parents.append(parent.name) -%}
    {%- endfor -%}
    with stamps as (

        select
            input,
            usage_date,
            stamp
        from intermediate.int_day_stamps
        where input in ('{{ inputs | join("', '") }}')
        {%- if "work" in inputs %}
        union all by name
        select * from intermediate.int_work_day_stamps
        {%- endif %}
        union all by name
        select
            model_name as input,
            period_start_date as usage_date,
            stamp
        from intermediate.built_days
        where model_name in ('{{ parents | join("', '") }}')

    ),

    days as (

        select
            usage_date,
            max(usage_date) over () as last_date
        from intermediate.int_day_stamps
        where input in ('activity', 'usage', 'cost') and usage_date is not null
        group by usage_date

    ),

    reaching as (

        select
            input,
            usage_date,
            stamp,
            cast(unnest(generate_series(
                usage_date - {{ meta.get("days_after", 0) }},
                least(
                    usage_date + {{ meta.get("days_before", 0) }},
                    (select any_value(last_date) from days)
                ),
                interval 1 day
            )) as date) as reached_date
        from stamps
        where usage_date is not null
        union all
        select
            stamps.input,
            null as usage_date,
            stamps.stamp,
            days.usage_date as reached_date
        from stamps
        cross join days
        where stamps.usage_date is null

    )

    select
        '{{ node.name }}' as model_name,
        cast(date_trunc('{{ period_of(node) }}', days.usage_date) as date) as period_start_date,
        sum(hash(
            reaching.input, reaching.usage_date, reaching.stamp, days.usage_date
        )) as stamp
    from days
    inner join reaching on days.usage_date = reaching.reached_date
    group by all
{%- endmacro %}

{% macro wait_for_stamps(relation) -%}
    {#- Makes the model one that is built after its stamps; a unit test has none. -#}
    {%- if model.resource_type != "unit_test" -%}
        {%- do ref(relation) -%}
    {%- endif -%}
{%- endmacro %}
