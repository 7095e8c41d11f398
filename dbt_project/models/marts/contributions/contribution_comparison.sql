with people as (

    select person_key
    from {{ ref('dim_people') }}
    where person_kind in ('member', 'former_member', 'guest', 'git_only')

),

-- A pull request opened before history begins is known only if it was still changed in it, and one
-- opened close to its end is known as merged only if it was quick. Both would show as speed.
known_spans as (

    select
        repository,
        min(updated_at) as known_from_at,
        max(updated_at) - interval {{ var('comparison_follow_up_days') }} days as known_until_at
    from {{ ref('fct_pull_requests') }}
    group by repository

),

merged_pull_requests as (

    select
        pull_requests.repository,
        pull_requests.person_key,
        pull_requests.claude_attribution = 'with_claude' as is_with_claude,
        pull_requests.created_at,
        pull_requests.hours_open_to_merge,
        pull_requests.hours_open_to_first_review,
        pull_requests.review_count,
        case
            when changed_lines < 10 then 'under 10'
            when changed_lines < 100 then '10 to 99'
            when changed_lines < 500 then '100 to 499'
            else '500 or more'
        end as size_band
    from (
        select
            *,
            -- Files were not read everywhere: one measure for a repository's whole history.
            lines_added + lines_removed as changed_lines
        from {{ ref('fct_pull_requests') }}
        -- Those whose lines GitHub cannot tell are of no size to compare.
        where
            lines_added + lines_removed is not null
            and merged_at <= created_at + interval {{ var('comparison_follow_up_days') }} days
    ) as pull_requests
    inner join known_spans
        on
            pull_requests.repository = known_spans.repository
            and pull_requests.created_at >= known_spans.known_from_at
            and pull_requests.created_at <= known_spans.known_until_at
    inner join people on pull_requests.person_key = people.person_key

),

-- What an author did before the first pull request with evidence was without, or without a mark.
adoptions as (

    select
        person_key,
        min(created_at) filter (where is_with_claude) as adopted_at
    from merged_pull_requests
    group by person_key

),

-- Thousandths, as whole numbers: their sums do not hang on the order in which they are added.
measured as (

    unpivot (
        select
            merged_pull_requests.repository,
            merged_pull_requests.person_key,
            merged_pull_requests.size_band,
            merged_pull_requests.is_with_claude,
            merged_pull_requests.created_at >= adoptions.adopted_at as is_after,
            cast(round(merged_pull_requests.hours_open_to_merge * 1000) as bigint)
                as hours_open_to_merge,
            cast(round(merged_pull_requests.hours_open_to_first_review * 1000) as bigint)
                as hours_open_to_first_review,
            merged_pull_requests.review_count * 1000 as review_count
        from merged_pull_requests
        inner join adoptions on merged_pull_requests.person_key = adoptions.person_key
    )
    on hours_open_to_merge, hours_open_to_first_review, review_count
    into name measure value milli_value

),

-- Means, not medians: hours are skewed, and the median of the few before would be larger than the
-- median of the many after although nothing differs.
pairs as (

    select
        repository,
        measure,
        person_key,
        size_band,
        cast(round(avg(milli_value) filter (where not is_after)) as bigint) as milli_before,
        cast(round(avg(milli_value) filter (where is_after)) as bigint) as milli_after
    from measured
    where is_after is not null
    group by repository, measure, person_key, size_band
    having count(*) filter (where is_after) > 0 and count(*) filter (where not is_after) > 0

),

scoped_pairs as (

    select
        coalesce(repository, 'all repositories') as repository,
        measure,
        person_key,
        count(*) as pair_count,
        sum(milli_before) as milli_before,
        sum(milli_after) as milli_after
    from pairs
    group by grouping sets (
        (repository, measure, person_key),
        (measure, person_key)
    )

),

matched as (

    select
        repository,
        measure,
        count(*) as matched_author_count,
        cast(sum(pair_count) as bigint) as matched_pair_count,
        sum(milli_before) / sum(pair_count) / 1000 as mean_before,
        sum(milli_after) / sum(pair_count) / 1000 as mean_after,
        sum(milli_after - milli_before) / sum(pair_count) / 1000 as matched_difference
    from scoped_pairs
    group by repository, measure

),

-- A bootstrap over authors, whose pull requests are alike: how often one is drawn follows
-- Poisson's law, from the digits of a hash, so that the same data give the same interval.
draws as (

    select
        person_key,
        replicate_number,
        md5_number_lower(person_key || '|' || replicate_number) % 1000000 as draw
    from (select distinct person_key from scoped_pairs) as authors
    cross join (select unnest(range({{ var('bootstrap_replicates') }})) as replicate_number)
        as replicates

),

weights as (

    select
        person_key,
        replicate_number,
        case
            when draw < 367879 then 0
            when draw < 735759 then 1
            when draw < 919699 then 2
            when draw < 981012 then 3
            when draw < 996340 then 4
            when draw < 999406 then 5
            else 6
        end as weight
    from draws

),

replicates as (

    select
        scoped_pairs.repository,
        scoped_pairs.measure,
        weights.replicate_number,
        sum(weights.weight * (scoped_pairs.milli_after - scoped_pairs.milli_before))
        / sum(weights.weight * scoped_pairs.pair_count) / 1000 as difference
    from scoped_pairs
    inner join weights on scoped_pairs.person_key = weights.person_key
    where weights.weight > 0
    group by scoped_pairs.repository, scoped_pairs.measure, weights.replicate_number

),

intervals as (

    select
        repository,
        measure,
        quantile_cont(difference, 0.025) as interval_low,
        quantile_cont(difference, 0.975) as interval_high
    from replicates
    group by repository, measure

),

raw_split as (

    select
        coalesce(repository, 'all repositories') as repository,
        measure,
        count(*) filter (where is_with_claude) as with_claude_count,
        count(*) filter (where not is_with_claude) as without_evidence_count,
        sum(milli_value) filter (where is_with_claude)
        / count(*) filter (where is_with_claude) / 1000 as mean_with_claude,
        sum(milli_value) filter (where not is_with_claude)
        / count(*) filter (where not is_with_claude) / 1000 as mean_without_evidence
    from measured
    group by grouping sets ((repository, measure), (measure))

)

select
    raw_split.repository,
    raw_split.measure,
    raw_split.with_claude_count,
    raw_split.mean_with_claude,
    raw_split.without_evidence_count,
    raw_split.mean_without_evidence,
    raw_split.mean_with_claude - raw_split.mean_without_evidence as raw_difference,
    coalesce(matched.matched_author_count, 0) as matched_author_count,
    coalesce(matched.matched_pair_count, 0) as matched_pair_count,
    matched.mean_before,
    matched.mean_after,
    matched.matched_difference,
    case
        when matched.matched_author_count >= {{ var('comparison_minimum_authors') }}
            then intervals.interval_low
    end as interval_low,
    case
        when matched.matched_author_count >= {{ var('comparison_minimum_authors') }}
            then intervals.interval_high
    end as interval_high,
    'Authors chose when to adopt and what to give to Claude, and work, reviewers and teams changed '
    || 'over the same time; use without a mark counts as before. The difference is not the effect '
    || 'of Claude.' as what_it_does_not_prove
from raw_split
left join matched
    on raw_split.repository = matched.repository and raw_split.measure = matched.measure
left join intervals
    on raw_split.repository = intervals.repository and raw_split.measure = intervals.measure
