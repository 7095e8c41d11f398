-- Of the people who began in the same month, how many are still there later?
select
    cohort_month_date,
    months_since_first_count,
    active_person_count,
    cohort_person_count,
    round(active_person_count / cohort_person_count, 4) as active_ratio,
    is_complete_month,
    -- The first cohort holds everybody who had begun before.
    is_first_cohort
from marts.adoption_cohorts_monthly
order by cohort_month_date, months_since_first_count;
