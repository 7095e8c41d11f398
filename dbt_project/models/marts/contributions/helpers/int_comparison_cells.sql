with changes as (

    select * from {{ ref('int_compared_changes') }}
    where comparison_role in ('earlier', 'before', 'after')

),

measured as (

    unpivot (
        select
            repository,
            person_key,
            period_number,
            comparison_role,
            log_hours_open_to_merge as hours_open_to_merge,
            log_hours_open_to_first_review as hours_open_to_first_review,
            review_count,
            merged_in_time as merged_in_time_ratio
        from changes
    )
    on hours_open_to_merge, hours_open_to_first_review, review_count, merged_in_time_ratio
    into name measure value figure

)

-- In an order of their own, so that sums of the same cells are the same to the last digit.
select
    repository,
    measure,
    person_key,
    period_number,
    comparison_role,
    count(*) as change_count,
    sum(figure order by figure) as total
from measured
group by repository, measure, person_key, period_number, comparison_role
order by repository, measure, person_key, period_number, comparison_role
