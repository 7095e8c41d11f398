-- Long: the comparison, the raw split and the medians are of the same changes.
with changes as (

    select * from {{ ref('int_compared_changes') }}

),

effects as (

    select * from {{ ref('int_contribution_effects') }}

),

repositories as (

    select distinct repository from changes
    union all
    select 'all' as repository
    where exists (select 1 from changes)

),

-- What one measures, and what its figures are: log hours are compared as ratios.
measures as (

    select
        repositories.repository,
        measures.measure,
        measures.is_ratio
    from repositories
    cross join (
        values
            ('hours_open_to_merge', true),
            ('hours_open_to_first_review', true),
            ('review_count', false),
            ('merged_in_time_ratio', false)
    ) as measures (measure, is_ratio)

),

raw_changes as (

    unpivot (
        select
            repository,
            claude_attribution = 'with_claude' as is_with_claude,
            case when merged_in_time = 1 then hours_open_to_merge end as hours_open_to_merge,
            case when merged_in_time = 1 then hours_open_to_first_review end
                as hours_open_to_first_review,
            case when merged_in_time = 1 then review_count end as review_count,
            merged_in_time as merged_in_time_ratio
        from changes
        where is_opening_known and is_followed_up
    )
    on hours_open_to_merge, hours_open_to_first_review, review_count, merged_in_time_ratio
    into name measure value figure

),

raw_split as (

    select
        coalesce(repository, 'all') as repository,
        measure,
        count(*) filter (where is_with_claude) as with_claude_count,
        avg(figure order by figure) filter (where is_with_claude) as mean_with_claude,
        count(*) filter (where not is_with_claude) as without_evidence_count,
        avg(figure order by figure) filter (where not is_with_claude) as mean_without_evidence
    from raw_changes
    group by grouping sets ((repository, measure), (measure))

),

-- A median that knows of those that still wait: Kaplan and Meier's. What was closed unmerged was
-- watched until then.
waits as (

    select
        coalesce(repository, 'all') as repository,
        measure,
        is_with_claude,
        hours,
        count(*) as ended_or_left_count,
        count(*) filter (where has_ended) as ended_count
    from (
        select
            repository,
            claude_attribution = 'with_claude' as is_with_claude,
            'hours_open_to_merge' as measure,
            coalesce(hours_open_to_merge, hours_watched) as hours,
            hours_open_to_merge is not null as has_ended
        from changes
        where is_opening_known

        union all by name

        select
            repository,
            claude_attribution = 'with_claude' as is_with_claude,
            'hours_open_to_first_review' as measure,
            coalesce(hours_open_to_first_review, hours_watched) as hours,
            hours_open_to_first_review is not null as has_ended
        from changes
        where is_opening_known and review_count is not null
    )
    where hours is not null
    group by grouping sets (
        (repository, measure, is_with_claude, hours),
        (measure, is_with_claude, hours)
    )

),

at_risk as (

    select
        *,
        sum(ended_or_left_count) over (
            partition by repository, measure, is_with_claude order by hours
            rows between current row and unbounded following
        ) as waiting_count
    from waits

),

survival as (

    select
        *,
        product(1 - ended_count / waiting_count) over (
            partition by repository, measure, is_with_claude order by hours
            rows between unbounded preceding and current row
        ) as waiting_ratio
    from at_risk

),

medians as (

    select
        repository,
        measure,
        min(hours) filter (where is_with_claude and waiting_ratio <= 0.5)
            as median_hours_with_claude,
        min(hours) filter (where not is_with_claude and waiting_ratio <= 0.5)
            as median_hours_without_evidence
    from survival
    group by repository, measure

),

author_roles as (

    select
        repository,
        person_key,
        bool_or(adopted_on is not null) as has_adopted,
        bool_or(is_comparable_author) as is_comparable_author,
        count(*) filter (where comparison_role = 'other_agent') as other_agent_change_count
    from changes
    group by repository, person_key

),

authors as (

    select
        coalesce(repository, 'all') as repository,
        count(distinct person_key) filter (where has_adopted) as adopting_author_count,
        count(distinct person_key) filter (where is_comparable_author)
            as author_with_known_before_count,
        sum(other_agent_change_count) as other_agent_change_count
    from author_roles
    group by grouping sets ((repository), ())

),

joined as (

    select
        measures.repository,
        measures.measure,
        measures.is_ratio,
        raw_split.* exclude (repository, measure),
        medians.* exclude (repository, measure),
        authors.* exclude (repository),
        effects.* exclude (repository, measure)
    from measures
    left join raw_split using (repository, measure)
    left join medians using (repository, measure)
    left join authors using (repository)
    left join effects using (repository, measure)

)

select
    repository,
    measure,
    coalesce(with_claude_count, 0) as with_claude_count,
    mean_with_claude,
    median_hours_with_claude,
    coalesce(without_evidence_count, 0) as without_evidence_count,
    mean_without_evidence,
    median_hours_without_evidence,
    mean_with_claude - mean_without_evidence as raw_difference,
    adopting_author_count,
    author_with_known_before_count,
    coalesce(compared_author_count, 0) as matched_author_count,
    coalesce(control_author_count, 0) as comparison_author_count,
    coalesce(change_count_before, 0) as change_count_before,
    coalesce(change_count_after, 0) as change_count_after,
    cast(other_agent_change_count as bigint) as other_agent_change_count,
    -- Rounded: the last digits hang on the order in which authors are added up.
    round(case when is_ratio then exp(level_before) else level_before end, 6) as mean_before,
    round(case when is_ratio then exp(level_expected) else level_expected end, 6) as mean_expected,
    {% for column, effect in [
        ('matched_difference', 'effect'),
        ('interval_low', 'effect_low'),
        ('interval_high', 'effect_high'),
    ] -%}
    round(
        case when is_ratio then exp(level_expected) * (exp({{ effect }}) - 1) else {{ effect }} end, 6
    ) as {{ column }},
    {% endfor -%}
    {% for column, effect in [
        ('matched_difference_ratio', 'effect'),
        ('interval_low_ratio', 'effect_low'),
        ('interval_high_ratio', 'effect_high'),
    ] -%}
    round(
        case when is_ratio then exp({{ effect }}) - 1 else {{ effect }} / nullif(level_expected, 0) end,
        6
    ) as {{ column }},
    {% endfor -%}
    -- Of a fall: a rise of the same chance is further off.
    round(
        case
            when is_ratio then exp(level_expected) * (1 - exp(-smallest_detectable_effect))
            else smallest_detectable_effect
        end,
        6
    ) as smallest_detectable_difference,
    round(
        case
            when is_ratio then 1 - exp(-smallest_detectable_effect)
            else smallest_detectable_effect / nullif(level_expected, 0)
        end,
        6
    ) as smallest_detectable_ratio,
    case
        when effect_high < 0 then 'lower'
        when effect_low > 0 then 'higher'
        when effect is not null then 'undetermined'
    end as direction,
    case when effect is not null then interval_confidence end as interval_confidence,
    case when effect is not null then rows_of_measure end as interval_row_count,
    case
        when effect is not null then null
        when coalesce(adopting_author_count, 0) = 0 then 'nobody_adopted'
        when author_with_known_before_count < {{ var('comparison_minimum_authors') }}
            and adopting_author_count >= {{ var('comparison_minimum_authors') }}
            then 'history_too_short'
        when author_count_of_any_period >= {{ var('comparison_minimum_authors') }}
            then 'too_few_comparison_authors'
        else 'too_few_authors'
    end as not_shown_reason,
    'Authors chose when to begin and what to give to Claude, and use that left no trace counts as '
    || 'before. An interval that holds zero leaves open whether there is a difference: see the '
    || 'smallest one that so many authors could have shown.' as what_it_does_not_prove
from joined
