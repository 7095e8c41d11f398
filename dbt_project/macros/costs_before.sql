{#- Rows of `relation` with number and median of the costs of the scope in the eight weeks before, for
    each level: its name and what its days have in common. Strictly before the day: the baseline
    of a day knows nothing of it or of what came after. -#}

{% macro costs_before(relation, scope, levels) -%}
select
    *
    {%- for level, _, _ in levels %},
    count(*) over {{ level }} as {{ level }}_count,
    median(cost_usd) over {{ level }} as {{ level }}_median_usd
    {%- endfor %}
from {{ relation }}
window
    {%- for level, in_common, _ in levels %}
    {{ level }} as (
        partition by {{ scope }}, {{ in_common }}
        order by usage_date
        range between interval 56 days preceding and interval 1 day preceding
    ){{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}
