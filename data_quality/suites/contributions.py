"""Suites of the GitHub marts: commits, pull requests, evidence and the weekly answer."""

from __future__ import annotations

from data_quality.checks import ExpectationCheck, RowsCheck, Suite
from data_quality.suites.building import agrees_with_raw, not_negative, row_count


def _one_row_each(raw: str, what: str, *, where: str = "true") -> ExpectationCheck:
    count = f"select count(*) from raw_github.{raw} where {where}"
    return row_count(
        at_least=count, at_most=count, description=f"There is one row for each raw {what}."
    )


def _most_are_determined(mart: str) -> RowsCheck:
    return RowsCheck(
        name="most_attributions_are_determined",
        description="At most half of the rows are undetermined.",
        blocking=False,
        rows=f"""
select
    count(*) as row_count,
    count(*) filter (claude_attribution = 'undetermined') as undetermined_count,
    undetermined_count * 2 <= row_count as holds,
from marts.{mart}
""",
    )


_COMMITS_SUITE = Suite(
    "fct_commits",
    (
        _one_row_each(
            "commits",
            "commit that its branch still holds",
            where="left_default_branch_at is null",
        ),
        not_negative("lines_added"),
        not_negative("lines_removed"),
        agrees_with_raw(
            name="commits_agree_with_raw_by_repository",
            description="Commits, merges and lines without merges are those of the raw commits.",
            mart="fct_commits",
            raw="raw_commit_totals",
            key="repository_id",
            sums={
                "commit_count": "count(*)",
                "merge_commit_count": "count(*) filter (is_merge)",
                "lines_added": "sum(lines_added)",
                "lines_removed": "sum(lines_removed)",
            },
        ),
        ExpectationCheck(
            name="committed_at_is_plausible",
            description="Commits are from 2005 to the last load. Authors' clocks may be wrong.",
            blocking=False,
            expectation="ExpectColumnValuesToBeBetween",
            arguments={"column": "committed_at"},
            arguments_sql=(
                "select timestamp '2005-01-01' as min_value,"
                " max(last_fetched_at) + interval 1 day as max_value"
                " from marts.data_completeness where endpoint = 'commits'"
            ),
        ),
        _most_are_determined("fct_commits"),
        RowsCheck(
            name="most_commits_belong_to_known_people",
            description="At most a fifth of the commits is of authors nobody was found for.",
            blocking=False,
            rows="""
select
    count(*) as commit_count,
    count(*) filter (person_key = 'unknown') as unknown_commit_count,
    unknown_commit_count * 5 <= commit_count as holds,
from marts.fct_commits
""",
        ),
    ),
    keys=("repository", "commit_sha"),
)

_PULL_REQUESTS_SUITE = Suite(
    "fct_pull_requests",
    (
        _one_row_each("pull_requests", "pull request"),
        not_negative("lines_added"),
        not_negative("lines_removed"),
        agrees_with_raw(
            name="pull_requests_agree_with_raw_by_repository",
            description="Pull requests, merged ones and lines are those of the raw answers.",
            mart="fct_pull_requests",
            raw="raw_pull_request_totals",
            key="repository_id",
            sums={
                "pull_request_count": "count(*)",
                "merged_count": "count(merged_at)",
                "lines_added": "sum(lines_added)",
                "lines_removed": "sum(lines_removed)",
            },
        ),
        not_negative("review_count"),
        RowsCheck(
            name="approvals_are_reviews",
            description="No more approvals than reviews, and a first review where there is one.",
            rows="""
select
    repository,
    pull_request_number,
    review_count,
    approval_count,
    review_count is null
        or (approval_count <= review_count
            and (review_count > 0) = (first_reviewed_at is not null)) as holds,
from marts.fct_pull_requests
""",
        ),
        RowsCheck(
            name="pull_requests_are_merged_after_they_are_opened",
            description="merged_at is not before created_at, and is there when the state says so.",
            rows="""
select
    repository,
    pull_request_number,
    pull_request_state,
    created_at,
    merged_at,
    (merged_at is null or merged_at >= created_at)
        and (merged_at is not null) = (pull_request_state = 'merged') as holds,
from marts.fct_pull_requests
""",
        ),
        _most_are_determined("fct_pull_requests"),
    ),
    keys=("repository", "pull_request_number"),
)

_SUBJECTS = """
select repository_id, 'commit' as subject_type, commit_sha as subject_id, claude_attribution
from marts.fct_commits
union all by name
select
    repository_id,
    'pull_request' as subject_type,
    cast(pull_request_number as varchar) as subject_id,
    claude_attribution,
from marts.fct_pull_requests
"""

_EVIDENCE_SUITE = Suite(
    "fct_attribution_evidence",
    (
        row_count(
            at_least=f"select least(1, count(*)) from ({_SUBJECTS}) as subjects"
            " where claude_attribution = 'with_claude'",
            at_most=f"select case when count(*) = 0 then 0 end from ({_SUBJECTS}) as subjects",
            description="There is evidence when something is attributed to Claude, and none when"
            " there is no commit and no pull request.",
        ),
        RowsCheck(
            name="matched_text_has_no_mail_address",
            description="The text that matched a rule is shown without mail addresses.",
            rows=r"""
select
    repository,
    subject_type,
    subject_id,
    rule,
    matched_text is null
        or not regexp_matches(matched_text, '[^\s@<>*]+@[^\s@<>*]+\.[^\s@<>*]+') as holds,
from marts.fct_attribution_evidence
""",
        ),
        RowsCheck(
            name="what_is_attributed_to_claude_has_evidence",
            description="Each commit and pull request with Claude has a row of evidence.",
            rows=f"""
select
    repository_id,
    subject_type,
    subject_id,
    evidence.subject_id is not null as holds,
from ({_SUBJECTS}) as subjects
left join (
    select distinct repository_id, subject_type, subject_id
    from marts.fct_attribution_evidence
) as evidence using (repository_id, subject_type, subject_id)
where claude_attribution = 'with_claude'
""",
        ),
    ),
    keys=("repository", "subject_type", "subject_id", "rule"),
)

_WEEKLY_SUITE = Suite(
    "contributions_weekly",
    (
        row_count(
            at_least="select least(1, (select count(*) from marts.fct_commits)"
            " + (select count(merged_at) from marts.fct_pull_requests))",
            at_most="select (select count(*) from marts.fct_commits)"
            " + (select count(merged_at) from marts.fct_pull_requests)",
            description="There are rows when there are commits or merged pull requests.",
        ),
        not_negative("commit_count"),
        not_negative("merged_pull_request_count"),
        RowsCheck(
            name="weeks_add_up_to_the_facts",
            description="Commits, merged pull requests and their lines of all weeks together are"
            " those of the facts, repository by repository.",
            rows="""
with weekly as (
    select
        repository,
        sum(commit_count + merge_commit_count) as commits,
        sum(commit_lines_added) as commit_lines,
        sum(merged_pull_request_count) as merged,
        sum(pull_request_lines_added) as pull_request_lines,
    from marts.contributions_weekly group by repository
),
commits as (
    select repository, count(*) as commits, sum(lines_added) as commit_lines
    from marts.fct_commits group by repository
),
pull_requests as (
    select repository, count(*) as merged, sum(lines_added) as pull_request_lines
    from marts.fct_pull_requests where merged_at is not null group by repository
)
select
    repository,
    coalesce(weekly.commits, 0) as weekly_commits,
    coalesce(commits.commits, 0) as fact_commits,
    coalesce(weekly.merged, 0) as weekly_merged,
    coalesce(pull_requests.merged, 0) as fact_merged,
    coalesce(weekly.commit_lines, 0) as weekly_commit_lines,
    coalesce(commits.commit_lines, 0) as fact_commit_lines,
    coalesce(weekly.pull_request_lines, 0) as weekly_pull_request_lines,
    coalesce(pull_requests.pull_request_lines, 0) as fact_pull_request_lines,
    weekly_commits = fact_commits
        and weekly_merged = fact_merged
        and weekly_commit_lines = fact_commit_lines
        and weekly_pull_request_lines = fact_pull_request_lines as holds,
from weekly
full join commits using (repository)
full join pull_requests using (repository)
""",
        ),
    ),
    keys=("week_start_date", "repository", "claude_attribution"),
)

SUITES = (_COMMITS_SUITE, _PULL_REQUESTS_SUITE, _EVIDENCE_SUITE, _WEEKLY_SUITE)
