"""Suites of the marts that answer from contributions: months, flow, comparison, cost per outcome.

Held against the raw answers, repository by repository or month by month; what dbt tests against
their parents is not repeated.
"""

from __future__ import annotations

from data_quality.checks import RowsCheck, Suite
from data_quality.suites.building import row_count

_REPOSITORIES = """
select
    repository,
    coalesce(commits.commit_count - commits.merge_commit_count, 0) as raw_commits,
    coalesce(pull_requests.merged_count, 0) as raw_merged,
from marts.dim_repositories
left join raw_commit_totals as commits using (repository_id)
left join raw_pull_request_totals as pull_requests using (repository_id)
"""
_CHANGES = f"select coalesce(sum(raw_commits + raw_merged), 0) from ({_REPOSITORIES}) as changes"
_MERGED = f"select coalesce(sum(raw_merged), 0) from ({_REPOSITORIES}) as changes"

_MONTHLY_SUITE = Suite(
    "contributions_monthly",
    (
        row_count(
            at_least=f"select least(1, ({_CHANGES}))",
            at_most="select null::bigint",
            description="There are rows when there are raw commits or merged pull requests.",
        ),
        RowsCheck(
            name="months_agree_with_raw_by_repository",
            description="Commits without merges and merged pull requests of all months together"
            " are those of the raw answers.",
            rows=f"""
with monthly as (
    select
        repository,
        sum(commit_count) as mart_commits,
        sum(merged_pull_request_count) as mart_merged,
    from marts.contributions_monthly group by repository
)
select
    repository,
    raw_commits,
    coalesce(mart_commits, 0) as commits_of_mart,
    raw_merged,
    coalesce(mart_merged, 0) as merged_of_mart,
    raw_commits = commits_of_mart and raw_merged = merged_of_mart as holds,
from ({_REPOSITORIES}) as raw full join monthly using (repository)
""",
        ),
        RowsCheck(
            name="most_authors_are_mapped",
            description="At least half of a repository's authors of a month, bots left out, are"
            " known people: shares by attribution rest on them. If not, map them in"
            " identity_map.csv; unmapped_identities lists them.",
            blocking=False,
            rows="""
select
    month_start_date,
    repository,
    max(repository_author_count) as author_count,
    max(repository_mapped_author_count) as mapped_author_count,
    'see unmapped_identities, then identity_map.csv' as what_to_do,
    mapped_author_count * 2 >= author_count as holds,
from marts.contributions_monthly
group by month_start_date, repository
""",
        ),
    ),
    keys=("month_start_date", "repository", "team_name", "claude_attribution"),
)

_FLOW_SUITE = Suite(
    "flow_weekly",
    (
        row_count(
            at_least=f"select least(1, ({_MERGED}))",
            at_most=f"select 3 * ({_MERGED})",
            description="There are rows when pull requests were merged, and no more than three"
            " readings of each.",
        ),
        RowsCheck(
            name="each_reading_agrees_with_raw_by_repository",
            description="Each reading has the merged pull requests of the raw answers.",
            rows=f"""
with weekly as (
    select repository, attribution_reading, sum(merged_pull_request_count) as mart_merged
    from marts.flow_weekly group by all
),
expected as (
    select * from ({_REPOSITORIES}) as raw
    cross join (values ('conservative'), ('balanced'), ('liberal')) as r(attribution_reading)
)
select
    repository,
    attribution_reading,
    coalesce(raw_merged, 0) as merged_of_raw,
    coalesce(mart_merged, 0) as merged_of_mart,
    merged_of_raw = merged_of_mart as holds,
from expected full join weekly using (repository, attribution_reading)
""",
        ),
        RowsCheck(
            name="reviews_are_read_of_most",
            description="Reviews are read of at least half of a repository's merged pull requests:"
            " waits for review rest on these. If not, read the repository again.",
            blocking=False,
            rows="""
select
    repository,
    sum(merged_pull_request_count) as merged,
    sum(pull_request_with_reviews_read_count) as reviews_read_count,
    'claude-usage run --source github' as what_to_do,
    reviews_read_count * 2 >= merged as holds,
from marts.flow_weekly
where attribution_reading = 'conservative'
group by repository
""",
        ),
    ),
    keys=("week_start_date", "repository", "attribution_reading", "attribution"),
)

_COMPARISON_SUITE = Suite(
    "contribution_comparison",
    (
        row_count(
            at_least="select 0",
            at_most="select case when count(*) > 0 then 4 * (count(*) + 1) else 0 end"
            f" from ({_REPOSITORIES}) as repositories",
            description="There are at most four measures of each repository, and of all of them.",
        ),
        RowsCheck(
            name="no_more_is_compared_than_was_merged",
            description="No measure of merged pull requests rests on more of them than the raw"
            " answers say were merged, and the whole on as many as its repositories.",
            rows=f"""
with measured as (
    select
        repository,
        measure,
        with_claude_count + without_evidence_count as compared_count,
        sum(compared_count) filter (repository <> 'all')
            over (partition by measure) as compared_of_repositories,
    from marts.contribution_comparison
)
select
    repository,
    measure,
    compared_count,
    case when repository = 'all' then compared_of_repositories
        else coalesce(raw_merged, 0) end as limit_count,
    case when repository = 'all' then compared_count = limit_count
        else compared_count <= limit_count or measure = 'merged_in_time_ratio' end as holds,
from measured left join ({_REPOSITORIES}) as raw using (repository)
""",
        ),
        RowsCheck(
            name="the_difference_lies_in_its_interval",
            description="The matched difference is within its interval. If not, few authors make"
            " most of it: do not show the row.",
            blocking=False,
            rows="""
select
    repository,
    measure,
    matched_author_count,
    'do not show this row: too few authors' as what_to_do,
    interval_low is null
        or matched_difference between interval_low and interval_high as holds,
from marts.contribution_comparison
""",
        ),
    ),
    keys=("repository", "measure"),
)

_COST_PER_OUTCOME_SUITE = Suite(
    "cost_per_outcome_monthly",
    (
        row_count(
            at_least=f"select least(1, ({_CHANGES}))",
            at_most="select null::bigint",
            description="There are rows when there are raw commits or merged pull requests.",
        ),
        RowsCheck(
            name="cost_of_teams_agrees_with_raw_by_month",
            description="The cost of a month's teams is the raw cents of its complete days, but for"
            " half a millionth of a dollar for each raw row.",
            rows="""
with raw as (
    select
        cast(date_trunc('month', raw_cost_days.usage_date) as date) as month_start_date,
        sum(billed_cost_cents) as cents,
        sum(result_count) as raw_items,
    from raw_cost_days
    join raw_ledger as ledger
        on ledger.endpoint = raw_cost_days.cost_source
        and ledger.window_key = cast(raw_cost_days.usage_date as varchar)
        and ledger.status = 'complete'
    group by month_start_date
),
mart as (
    select month_start_date, sum(allocated_cost_usd) * 100 as cents
    from marts.cost_per_outcome_monthly where scope_type = 'team' group by month_start_date
)
select
    month_start_date,
    coalesce(raw.cents, 0) as raw_cents,
    coalesce(mart.cents, 0) as mart_cents,
    abs(raw_cents - mart_cents) <= coalesce(raw_items, 0) * 0.00005 as holds,
from raw full join mart using (month_start_date)
""",
        ),
        RowsCheck(
            name="changes_agree_with_raw_by_repository",
            description="Changes of a repository are its raw commits without merges and its merged"
            " pull requests, and those of the teams are as many.",
            rows=f"""
with mart as (
    select if(scope_type = 'team', 'all', repository) as repository, sum(change_count) as changes
    from marts.cost_per_outcome_monthly group by all
),
raw as (
    select repository, raw_commits + raw_merged as changes from ({_REPOSITORIES}) as named
    union all
    select 'all', ({_CHANGES})
)
select
    repository,
    coalesce(raw.changes, 0) as raw_changes,
    coalesce(mart.changes, 0) as mart_changes,
    raw_changes = mart_changes as holds,
from raw full join mart using (repository)
""",
        ),
        RowsCheck(
            name="most_cost_has_a_team",
            description="At most half of a month's bill is in team `unassigned`: figures of teams"
            " rest on the rest. If more is, name people in team_memberships.csv.",
            blocking=False,
            rows="""
select
    month_start_date,
    sum(abs(allocated_cost_usd)) as cost_usd,
    coalesce(sum(abs(allocated_cost_usd)) filter (team_name = 'unassigned'), 0)
        as unassigned_cost_usd,
    'name people in team_memberships.csv: see SEEDS_PATH' as what_to_do,
    unassigned_cost_usd * 2 <= cost_usd as holds,
from marts.cost_per_outcome_monthly
where scope_type = 'team' and allocated_cost_usd is not null
group by month_start_date
""",
        ),
    ),
    keys=("month_start_date", "scope_type", "team_name", "repository"),
)

SUITES = (_MONTHLY_SUITE, _FLOW_SUITE, _COMPARISON_SUITE, _COST_PER_OUTCOME_SUITE)
