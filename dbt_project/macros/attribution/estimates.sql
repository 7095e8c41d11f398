{#- The best estimate of each change of the CTE `reasoned`, of its `estimate_reason` and what its
    days let expect. What no report can tell takes the month's share of what reports told of. -#}

{% macro estimates(also=[]) -%}
, known as (

    select
        *,
        case
            when estimate_reason in ('evidence', 'counted') then 1
            when estimate_reason in ('bot_author', 'merge_commit', 'other_agent', 'not_counted')
                then 0
            when estimate_reason in ('partly_counted', 'more_counted_than_seen')
                then probability
        end as known_probability,
        case
            when
                estimate_reason
                in ('counted', 'not_counted', 'partly_counted', 'more_counted_than_seen')
                then known_probability
        end as unmarked_probability
    from reasoned

)

select
    repository_id,
    {%- for column in also %}
    {{ column }},
    {%- endfor %}
    case
        when estimate_reason in ('evidence', 'counted') then 'with_claude'
        when estimate_reason in ('bot_author', 'merge_commit', 'other_agent', 'not_counted')
            then 'without_claude'
        else 'undetermined'
    end as attribution_estimated,
    estimate_reason,
    cast(
        coalesce(
            known_probability,
            avg(unmarked_probability) over (partition by month_start_date),
            avg(unmarked_probability) over ()
        ) as decimal(7, 6)
    ) as claude_probability
from known
{%- endmacro %}
