{#- The sums that tell of what a model's periods are to be built. -#}

{% macro periods_wanted(node) -%}
    {#- A query: each period of a model with the sum of what its inputs say of its days. An input
        without a day counts for all of them. Days that no report was read for have nothing. -#}
    {%- set inputs = day_inputs_of(node) %}
    with stamps as (

        select * from intermediate.int_day_stamps
        {%- if "work" in inputs %}
        union all by name
        select * from intermediate.int_work_day_stamps
        {%- endif %}

    ),

    days as (

        select distinct usage_date
        from stamps
        where input in ('activity', 'usage', 'cost')

    ),

    reaching as (

        {% for input, reach in inputs.items() %}
        select
            input,
            usage_date,
            stamp,
            cast(unnest(generate_series(
                usage_date - {{ reach.days_after }},
                least(usage_date + {{ reach.days_before }}, days_end.last_date),
                interval 1 day
            )) as date) as reached_date
        from stamps
        cross join (select max(usage_date) as last_date from days) as days_end
        where input = '{{ input }}' and usage_date is not null
        union all
        select
            stamps.input,
            null as usage_date,
            stamps.stamp,
            days.usage_date as reached_date
        from stamps
        cross join days
        where stamps.input = '{{ input }}' and stamps.usage_date is null
        {{ "union all" if not loop.last }}
        {%- endfor %}

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

{% macro day_inputs_of(node) -%}
    {#- The inputs of a model and of the models by days that it is made of, each with how many days
        before and after a day are read for it. -#}
    {%- set meta = node.config.get("meta") or {} -%}
    {%- set read = {} -%}
    {%- for input in meta.get("day_inputs", []) -%}
        {%- do read.update({input: {"days_before": 0, "days_after": 0}}) -%}
    {%- endfor -%}
    {%- for parent in incremental_parents(node) if is_built_by_days(parent) -%}
        {%- for input, reach in day_inputs_of(parent).items() -%}
            {%- set known = read.get(input, {"days_before": 0, "days_after": 0}) -%}
            {%- do read.update({input: {
                "days_before": [reach.days_before, known.days_before] | max,
                "days_after": [reach.days_after, known.days_after] | max,
            }}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for reach in read.values() -%}
        {%- do reach.update({
            "days_before": reach.days_before + meta.get("days_before", 0),
            "days_after": reach.days_after + meta.get("days_after", 0),
        }) -%}
    {%- endfor -%}
    {{ return(read) }}
{%- endmacro %}
