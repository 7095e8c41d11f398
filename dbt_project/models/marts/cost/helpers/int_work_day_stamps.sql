-- As int_day_stamps, which cannot tell it: who wrote a commit with Claude is known from the activity.
with work as (

    select
        cast(authored_at as date) as usage_date,
        hash(person_key, repository_id, repository, is_merge) as row_hash
    from {{ ref('fct_commits') }}

    union all by name

    {% for moment in ["created_at", "merged_at"] %}
    select
        cast({{ moment }} as date) as usage_date,
        hash(person_key, repository_id, repository, '{{ moment }}') as row_hash
    from {{ ref('fct_pull_requests') }}
    {{ "union all by name" if not loop.last }}
    {% endfor %}

)

select
    'work' as input,
    usage_date,
    sum(row_hash) as stamp
from work
where usage_date is not null
group by usage_date
