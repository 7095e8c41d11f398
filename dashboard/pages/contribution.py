"""What is merged with Claude, where, how long it waits, and what the numbers rest on."""

from __future__ import annotations

from dashboard import charts
from dashboard.conditions import OF_REPOSITORY, OF_TEAM
from dashboard.model import Chart, Column, Figure, Filtered, Page, Section, Table

_MERGED = f"""
    merged_date between getvariable('first_day') and getvariable('last_day')
        and {OF_TEAM} and {OF_REPOSITORY}
"""
_COMMITTED = f"""
    committed_date between getvariable('first_day') and getvariable('last_day')
        and not is_merge and {OF_TEAM} and {OF_REPOSITORY}
"""
_BY_CHANGES: Filtered = frozenset({"dates", "team", "repository"})
# Whether a span has a whole week, and all its repositories were read beyond it.
_WEEKS = f"""
    weeks as (
        select week_start_date, bool_and(is_complete_week) as is_read
        from contributions_weekly
        where {OF_REPOSITORY}
        group by week_start_date
    )
"""
_IS_COMPLETE = """
    coalesce(bool_and(is_read), false)
        and week_start_date >= getvariable('first_day')
        and week_start_date + 6 <= getvariable('last_day')
"""
_EMPTY = "Nothing was merged in these days, or single pull requests are not published here."


def _with_claude(table: str, where: str, of_all: str) -> str:
    # One change without a probability leaves no best estimate: its bounds are known for all that.
    return f"""
        with counted as (
            select
                count(*) as change_count,
                exists (from {table}) as is_known,
                case when exists (from {table}) and count(claude_probability) = count(*)
                    then coalesce(sum(claude_probability), 0) end as estimate,
                count(*) filter (claude_attribution = 'with_claude') as lower,
                count(*) filter (attribution_liberal = 'with_claude') as upper
            from {table}
            where {where}
        )

        select
            round(estimate, 0) as value,
            case when is_known then lower end as lower,
            case when is_known then upper end as upper,
            case when not is_known then 'none are read or published here'
                when change_count = 0 then '{of_all.format("none")}'
                else coalesce(format('{{:.0f}} %', 100 * estimate / change_count), 'no estimate,')
                    || ' ' || replace('{of_all}', '{{}}', 'of ' || change_count) end as detail
        from counted
    """


MERGED = Figure(
    "merged",
    "Merged pull requests",
    "count",
    f"""
    select
        case when exists (from fct_pull_requests) then count(*) end as value,
        case when exists (from fct_pull_requests)
            then count(*) filter (person_kind = 'bot') || ' of them by bots'
            else 'none are read or published here' end as detail
    from fct_pull_requests
    left join dim_people using (person_key)
    where {_MERGED}
    """,
    _BY_CHANGES,
    "fct_pull_requests.merged_date",
)
MERGED_WITH_CLAUDE = Figure(
    "merged_with_claude",
    "Merged with Claude, best estimate",
    "count",
    _with_claude("fct_pull_requests", _MERGED, "{} merged"),
    _BY_CHANGES,
    "fct_pull_requests.claude_probability",
)
COMMITS_WITH_CLAUDE = Figure(
    "commits_with_claude",
    "Commits with Claude, best estimate",
    "count",
    _with_claude("fct_commits", _COMMITTED, "{} commits"),
    _BY_CHANGES,
    "fct_commits.claude_probability",
)
COST = Figure(
    "cost_per_merged",
    "Cost per merged pull request with Claude",
    "usd",
    # All teams together are one scope, as a team is: what no team has is in the upper bound alone.
    f"""
    with months as (
        select max(month_start_date) as month_start_date
        from cost_per_outcome_monthly
        where is_complete_month and last_day(month_start_date) <= getvariable('last_day')
    ),

    rows_of_choice as (
        select outcomes.*
        from cost_per_outcome_monthly as outcomes
        inner join months using (month_start_date)
        where case when getvariable('repository') is null
            then scope_type = 'team' and team_name <> 'unassigned'
                and {OF_TEAM}
            else scope_type = 'repository' and repository = getvariable('repository')
                and getvariable('team') is null end
    ),

    added as (
        select
            count(*) as row_count,
            sum(allocated_cost_usd) as cost_usd,
            max(month_unassigned_cost_usd) as unassigned_usd,
            nullif(sum(merged_pull_request_count), 0) as evidence_count,
            nullif(sum(liberal_merged_pull_request_count), 0) as liberal_count,
            max(cost_basis) as cost_basis,
            max(cost_not_shown_reason) as reason
        from rows_of_choice
    )

    select
        cost_usd / evidence_count as value,
        case when evidence_count is not null then cost_usd / liberal_count end as lower,
        case when cost_usd is not null then (cost_usd + unassigned_usd) / evidence_count end
            as upper,
        case
            when getvariable('team') is not null and getvariable('repository') is not null
                then 'not known for a team within a repository: choose one of them'
            when month_start_date is null then 'no month is complete up to '
                || getvariable('last_day')
            when row_count = 0 then 'no cost and nothing merged'
            when cost_usd is null and reason = 'nothing_allocated'
                then 'no cost could be put down to it'
            when cost_usd is null then 'its cost was not read'
            when evidence_count is null then 'nothing merged shows evidence of Claude'
            else cost_basis || ' cost by evidence alone'
        end || coalesce(', in ' || strftime(month_start_date, '%Y-%m'), '') as detail
    from months cross join added
    """,
    frozenset({"team", "repository"}),
    "cost_per_outcome_monthly.cost_per_merged_pull_request_usd",
)

# From the bottom of a bar up.
_KINDS = {
    "with Claude, by evidence": charts.WITH,
    "with Claude, by estimate only": charts.WITH_ESTIMATED,
    "undetermined": charts.UNDETERMINED,
    "without Claude": charts.WITHOUT,
}
_KIND = """
    case
        when claude_attribution = 'with_claude' then 'with Claude, by evidence'
        when attribution_estimated = 'with_claude' then 'with Claude, by estimate only'
        when attribution_estimated = 'without_claude' then 'without Claude'
        else 'undetermined'
    end
"""
BY_WEEK = Chart(
    "merged_by_week",
    "How much is merged with Claude?",
    f"""
    with {_WEEKS},

    changes as (
        select
            cast(date_trunc('week', merged_date) as date) as week_start_date,
            {_KIND} as kind
        from fct_pull_requests
        where {_MERGED}
    )

    select
        week_start_date,
        kind,
        count(*) as merged_count,
        {_IS_COMPLETE} as is_complete
    from changes left join weeks using (week_start_date)
    group by week_start_date, kind
    order by week_start_date, kind
    """,
    (
        Column("week_start_date", "Week from", "date"),
        Column("kind", "What they are"),
        Column("merged_count", "Merged pull requests", "count"),
        Column("is_complete", "Whole week"),
    ),
    _BY_CHANGES,
    "fct_pull_requests.attribution_estimated",
    empty=_EMPTY,
    marks=lambda: charts.stacked_days(
        "week_start_date",
        "merged_count",
        "kind",
        title="Merged pull requests",
        unit="count",
        width_days=7,
        colours=_KINDS,
    ),
    says="Bars by week: merged pull requests with Claude by evidence, with Claude by the best"
    " estimate alone, undetermined and without. Hatched weeks are not whole, or not wholly read.",
)


def _shares(name: str) -> str:
    return f"""
        with counted as (
            select
                {name},
                count(*) as merged_count,
                count(*) filter (claude_attribution = 'with_claude') as lower_count,
                case when count(claude_probability) = count(*)
                    then round(sum(claude_probability), 1) end as estimate_count,
                count(*) filter (attribution_liberal = 'with_claude') as upper_count
            from fct_pull_requests
            where {_MERGED}
            group by {name}
        )

        select
            *,
            lower_count / merged_count as lower_ratio,
            estimate_count / merged_count as estimate_ratio,
            upper_count / merged_count as upper_ratio,
            {name} || ' (' || merged_count || ' merged)' as what
        from counted
        order by merged_count desc, {name}
    """


_SHARE_COLUMNS = (
    Column("merged_count", "Merged pull requests", "count"),
    Column("lower_count", "With Claude at least", "count"),
    Column("estimate_count", "Best estimate", "count"),
    Column("upper_count", "At most", "count"),
    Column("lower_ratio", "Share at least", "ratio"),
    Column("estimate_ratio", "Best estimate", "ratio"),
    Column("upper_ratio", "At most", "ratio"),
)
BY_TEAM = Chart(
    "merged_by_team",
    "Which teams merge with Claude?",
    _shares("team_name"),
    (Column("team_name", "Team"), *_SHARE_COLUMNS),
    _BY_CHANGES,
    "fct_pull_requests.claude_probability",
    empty=_EMPTY,
    marks=lambda: charts.intervals(
        "what",
        "estimate_ratio",
        "lower_ratio",
        "upper_ratio",
        title="Share of merged pull requests with Claude",
        unit="ratio",
    ),
    says="By team: the share of merged pull requests with Claude. The point is the best estimate;"
    " the line goes from what evidence shows to what cannot be ruled out.",
)
BY_REPOSITORY = Chart(
    "merged_by_repository",
    "In which repositories does work with Claude land?",
    _shares("repository"),
    (Column("repository", "Repository"), *_SHARE_COLUMNS),
    _BY_CHANGES,
    "fct_pull_requests.claude_probability",
    empty=_EMPTY,
    marks=lambda: charts.intervals(
        "what",
        "estimate_ratio",
        "lower_ratio",
        "upper_ratio",
        title="Share of merged pull requests with Claude",
        unit="ratio",
    ),
    says="By repository: the share of merged pull requests with Claude. The point is the best"
    " estimate; the line goes from what evidence shows to what cannot be ruled out.",
)
FLOW = Chart(
    "hours_by_week",
    "How long do pull requests wait?",
    # Medians do not add up: one over the chosen teams and repositories comes from what is in it.
    f"""
    with {_WEEKS},

    changes as (
        select
            cast(date_trunc('week', merged_date) as date) as week_start_date,
            hours_open_to_first_review,
            hours_open_to_merge
        from fct_pull_requests
        left join dim_people using (person_key)
        where {_MERGED} and person_kind is distinct from 'bot'
    ),

    medians as (
        select
            week_start_date,
            'to the first review' as wait,
            count(hours_open_to_first_review) as pull_request_count,
            median(hours_open_to_first_review) as median_hours
        from changes
        group by week_start_date
        union all
        select
            week_start_date,
            'to the merge',
            count(hours_open_to_merge),
            median(hours_open_to_merge)
        from changes
        group by week_start_date
    )

    select
        week_start_date,
        wait,
        any_value(median_hours) as median_hours,
        any_value(pull_request_count) as pull_request_count,
        any_value(pull_request_count) < 5 as is_of_few,
        {_IS_COMPLETE} as is_complete,
        any_value(pull_request_count) < 5 or not ({_IS_COMPLETE}) as says_less
    from medians left join weeks using (week_start_date)
    group by week_start_date, wait
    order by week_start_date, wait
    """,
    (
        Column("week_start_date", "Week from", "date"),
        Column("wait", "From opening"),
        Column("median_hours", "Median", "hours"),
        Column("pull_request_count", "Of pull requests", "count"),
        Column("is_of_few", "Fewer than five"),
        Column("is_complete", "Whole week"),
    ),
    _BY_CHANGES,
    "flow_weekly.median_hours_open_to_merge",
    empty=_EMPTY,
    marks=lambda: charts.lines(
        "week_start_date",
        "median_hours",
        "wait",
        title="Median hours",
        unit="hours",
        hollow="says_less",
        in_weeks=True,
    ),
    says="Lines by week of the merge: median hours from opening to the first review and to the"
    " merge, without bots. Hollow points rest on fewer than five pull requests, or on a week that"
    " is not whole.",
)

_MEASURE = """
    case measure
        when 'hours_open_to_merge' then 'hours to merge'
        when 'hours_open_to_first_review' then 'hours to first review'
        when 'review_count' then 'reviews'
        when 'merged_in_time_ratio' then 'share merged within 14 days'
        else replace(measure, '_', ' ')
    end
"""
_SCOPE = "case when repository = 'all' then 'all repositories' else repository end"
_COMPARED = """
    (getvariable('repository') is null or repository in ('all', getvariable('repository')))
"""
_COMPARISON_COLUMNS = (
    Column("measure_name", "Measure"),
    Column("repository_name", "Repository"),
    Column("matched_difference_ratio", "Difference", "ratio"),
    Column("interval_low_ratio", "from", "ratio"),
    Column("interval_high_ratio", "to", "ratio"),
)
EFFECT = Chart(
    "effect",
    "What changed for people who began to use Claude Code?",
    f"""
    select
        {_MEASURE} as measure_name,
        {_SCOPE} as repository_name,
        measure_name || ', ' || repository_name || ' (' || matched_author_count || ' people)'
            as what,
        matched_difference_ratio,
        interval_low_ratio,
        interval_high_ratio,
        matched_author_count
    from contribution_comparison
    where not_shown_reason is null and matched_difference_ratio is not null and {_COMPARED}
    order by measure_name, repository <> 'all', repository
    """,
    (*_COMPARISON_COLUMNS, Column("matched_author_count", "People compared", "count")),
    frozenset({"repository"}),
    "contribution_comparison.matched_difference_ratio",
    empty="There is no comparison that can be shown yet. The table below says why.",
    marks=lambda: charts.intervals(
        "what",
        "matched_difference_ratio",
        "interval_low_ratio",
        "interval_high_ratio",
        title="Difference from what was expected",
        unit="ratio",
        signed=True,
    ),
    says="By measure and repository: how far people who began to use Claude Code are from what was"
    " expected of them, with the interval. An interval across zero leaves the question open.",
)
COMPARISON = Table(
    "comparison",
    "How sure is that, and what cannot be shown?",
    f"""
    select
        {_MEASURE} as measure_name,
        {_SCOPE} as repository_name,
        matched_difference_ratio,
        interval_low_ratio,
        interval_high_ratio,
        smallest_detectable_ratio,
        adopting_author_count,
        matched_author_count,
        comparison_author_count,
        case
            when not_shown_reason = 'nobody_adopted' then 'Not shown: nobody began to use it'
            when not_shown_reason = 'history_too_short'
                then 'Not shown: the time before people began is not loaded'
            when not_shown_reason = 'too_few_comparison_authors'
                then 'Not shown: too few people had not begun'
            when not_shown_reason = 'too_few_authors' then 'Not shown: too few people to compare'
            when not_shown_reason is not null
                then 'Not shown: ' || replace(not_shown_reason, '_', ' ')
            when direction = 'undetermined' then 'Open: the interval holds zero'
            else upper(direction[1]) || direction[2:]
        end as result,
        what_it_does_not_prove
    from contribution_comparison
    where {_COMPARED}
    order by repository <> 'all', repository, measure_name
    """,
    (
        *_COMPARISON_COLUMNS[1::-1],
        Column("result", "Result"),
        *_COMPARISON_COLUMNS[2:],
        Column("smallest_detectable_ratio", "Smallest fall it could show", "ratio"),
        Column("adopting_author_count", "People who began", "count"),
        Column("matched_author_count", "Of them compared", "count"),
        Column("comparison_author_count", "Compared against", "count"),
    ),
    frozenset({"repository"}),
    "contribution_comparison.not_shown_reason",
    empty="There is nothing to compare, or the comparison is not published here.",
)
EVIDENCE = Table(
    "evidence",
    "Why does a pull request count as with Claude or without?",
    f"""
    with merged as (
        select
            *,
            cast(pull_request_number as varchar) as subject_id
        from fct_pull_requests
        where {_MERGED}
        order by merged_date desc, repository, pull_request_number desc
        limit getvariable('most_rows')
    ),

    evidence as (
        select
            repository_id,
            cast(subject_id as bigint) as pull_request_number,
            string_agg(distinct replace(rule, '_', ' '), ', ' order by replace(rule, '_', ' '))
                as rules,
            string_agg(distinct agent, ', ' order by agent) as agents,
            arg_max(matched_text, (is_conclusive, agent = 'claude', evidence_key)) as matched_text
        from fct_attribution_evidence
        semi join merged using (repository_id, subject_id)
        where subject_type = 'pull_request'
        group by repository_id, pull_request_number
    )

    select
        merged_date,
        repository,
        pull_request_number,
        display_name,
        replace(claude_attribution, '_claude', '') as evidence_says,
        replace(attribution_balanced, '_claude', '') as balanced_says,
        replace(attribution_liberal, '_claude', '') as liberal_says,
        claude_probability,
        replace(estimate_reason, '_', ' ') as estimate_reason_in_words,
        agents,
        rules,
        matched_text
    from merged
    left join evidence using (repository_id, pull_request_number)
    left join dim_people using (person_key)
    order by merged_date desc, repository, pull_request_number desc
    """,
    (
        Column("merged_date", "Merged", "date"),
        Column("repository", "Repository"),
        Column("pull_request_number", "Number"),
        Column("display_name", "Opened by"),
        Column("evidence_says", "By evidence alone"),
        Column("balanced_says", "Balanced"),
        Column("liberal_says", "At most"),
        Column("claude_probability", "How likely", "ratio"),
        Column("estimate_reason_in_words", "Because"),
        Column("agents", "Agents marked"),
        Column("rules", "Rules that matched"),
        Column("matched_text", "For example"),
    ),
    _BY_CHANGES,
    "fct_pull_requests.estimate_reason",
    empty=_EMPTY,
)

PAGE = Page(
    "contribution",
    "Contribution",
    "What is merged with Claude, where does it land, and how sure is that?",
    figures=(MERGED, MERGED_WITH_CLAUDE, COMMITS_WITH_CLAUDE, COST),
    sections=(
        Section(
            "Merged with Claude",
            (BY_WEEK, BY_TEAM, BY_REPOSITORY),
            "Evidence alone counts too few, since marks can be switched off or lost. The best"
            " estimate adds what Claude Code's reports count. Of undetermined pull requests only a"
            " share is known, and the estimate takes that share.",
        ),
        Section("Waiting", (FLOW,)),
        Section(
            "Before and after",
            (EFFECT, COMPARISON),
            "People who began to use Claude Code, held against their own time before and against"
            " people who had not begun, over all days. It does not prove that Claude made anything"
            " faster: people chose when to begin and what to give to Claude, and use that left no"
            " trace counts as before. An interval that holds zero leaves open whether there is a"
            " difference. Below the smallest fall it could show, an effect may stay unseen.",
        ),
        Section("Evidence", (EVIDENCE,)),
    ),
)
