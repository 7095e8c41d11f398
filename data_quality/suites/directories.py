"""Suites of the dimensions."""

from __future__ import annotations

from data_quality.checks import RowsCheck, Suite
from data_quality.registers import WITHOUT_DAYS
from data_quality.suites.building import row_count


def _listed(table: str) -> str:
    """Return SQL that counts the distinct ids of a directory."""
    return (
        "select count(distinct listed_id) from (select"
        " unnest(json_extract_string(body, '$.data[*].id')) as listed_id"
        f" from raw_anthropic.{table})"
    )


def _directory_rows(table: str) -> RowsCheck:
    return RowsCheck(
        name="rows_in_the_directory_agree_with_raw",
        description=f"As many rows are marked as listed as the raw directory {table} lists.",
        rows=f"""
select raw_count, mart_count, raw_count = mart_count as holds,
from
    ({_listed(table)}) as raw(raw_count),
    (select count(*) from marts.dim_{table} where is_in_directory) as mart(mart_count)
""",
    )


def _removed_are_not_listed(table: str, key: str) -> RowsCheck:
    return RowsCheck(
        name="what_was_removed_is_not_listed",
        description="Whatever has a time of removal is not in the directory.",
        rows=f"""
select {key}, not (is_in_directory and removed_at is not null) as holds,
from marts.dim_{table}
""",
    )


_PEOPLE_SUITE = Suite(
    "dim_people",
    (
        row_count(
            # One row stands for whoever is not known.
            at_least=f"select 1 + least(1, ({_listed('users')}))",
            at_most="select null::bigint",
            description="There is a row for the unknown, and more when the directory has users.",
        ),
        RowsCheck(
            name="people_who_left_are_no_members",
            description="Who has left is not listed, and who is listed has not left.",
            rows="""
select
    person_key,
    person_kind,
    not (is_organization_member and left_at is not null)
        and is_organization_member = (person_kind = 'member') as holds,
from marts.dim_people
""",
        ),
        RowsCheck(
            name="facts_name_people_that_exist",
            description="Every person of a fact has exactly one row.",
            rows="""
with used as (
    select person_key from marts.fct_claude_code_activity_daily
    union
    select person_key from marts.fct_claude_code_model_usage_daily
    union
    select person_key from marts.fct_message_usage_daily
    union
    select person_key from marts.fct_billed_costs_daily
    union
    select person_key from marts.fct_commits
    union
    select person_key from marts.fct_pull_requests
),
people as (select person_key, count(*) as row_count from marts.dim_people group by person_key)
select person_key, coalesce(people.row_count, 0) as people_count, people_count = 1 as holds,
from used left join people using (person_key)
""",
        ),
    ),
    keys=("person_key",),
)

_ACTORS_SUITE = Suite(
    "dim_claude_code_actors",
    (
        row_count(
            at_least="select least(1, coalesce(sum(record_count), 0)) from raw_claude_code_days",
            at_most="select (select coalesce(sum(record_count), 0) from raw_claude_code_days)"
            " + (select coalesce(sum(record_count), 0) from raw_enterprise_activity_days)",
            description="There are rows when there are raw records, and not more of them.",
        ),
    ),
    keys=("actor_key",),
)

_REPOSITORY_IDS = (
    "select count(*) from (select repository_id from raw_github.repositories"
    " union select repository_id from raw_github.commits"
    " union select repository_id from raw_github.pull_requests)"
)

_REPOSITORIES_SUITE = Suite(
    "dim_repositories",
    (
        row_count(
            at_least=_REPOSITORY_IDS,
            at_most=_REPOSITORY_IDS,
            description="There is one row for each repository that was listed or has contributions",
        ),
    ),
    keys=("repository_id",),
)

_WORKSPACES_SUITE = Suite(
    "dim_workspaces",
    (
        row_count(
            # The default workspace may be one of those that are listed.
            at_least=f"select ({_listed('workspaces')}) + if(exists(select 1 from"
            " raw_anthropic.workspaces where list_contains("
            "json_extract_string(body, '$.data[*].name'), 'Default')), 0, 1)",
            at_most="select null::bigint",
            description="There is a row for each listed workspace, and one for the default.",
        ),
        _directory_rows("workspaces"),
        _removed_are_not_listed("workspaces", "workspace_id"),
    ),
    keys=("workspace_id",),
)

_API_KEYS_SUITE = Suite(
    "dim_api_keys",
    (
        row_count(
            at_least=f"select 1 + ({_listed('api_keys')})",
            at_most="select null::bigint",
            description="There is a row for each listed key, and one for usage without a key.",
        ),
        _directory_rows("api_keys"),
        _removed_are_not_listed("api_keys", "api_key_id"),
    ),
    keys=("api_key_id",),
)

_MODELS_USED = (
    "select count(*) from (select model from marts.fct_claude_code_model_usage_daily"
    " union select model from marts.fct_message_usage_daily"
    " union select model from marts.fct_billed_costs_daily"
    " union select model from marts.fct_gateway_usage_daily where model <> 'unmapped'"
    " union select model from marts.fct_local_usage_daily where model <> 'unmapped'"
    " union select model from marts.fct_telemetry_usage_daily where model <> 'unmapped')"
)

_MODELS_SUITE = Suite(
    "dim_models",
    (
        row_count(
            at_least=_MODELS_USED,
            at_most=_MODELS_USED,
            description="There is one row for each model of a fact.",
        ),
        RowsCheck(
            name="model_names_are_understood",
            description="The name of each model tells its family and version.",
            blocking=False,
            rows="select model, is_known as holds from marts.dim_models where model <> 'none'",
        ),
    ),
    keys=("model",),
)

_DAYS_USED = """
select usage_date as calendar_date from marts.fct_claude_code_activity_daily
union
select usage_date from marts.fct_message_usage_daily
union
select usage_date from marts.fct_billed_costs_daily
union
select usage_date from marts.fct_gateway_usage_daily
union
select usage_date from marts.fct_local_usage_daily
union
select usage_date from marts.fct_telemetry_usage_daily
union
select usage_date from marts.fct_telemetry_tools_daily
union
select usage_date from marts.fct_telemetry_activity_daily
union
select cast(committed_at as date) from marts.fct_commits
union
select cast(created_at as date) from marts.fct_pull_requests
"""

_DATES_SUITE = Suite(
    "dim_dates",
    (
        row_count(
            at_least=f"select count(*) from ({_DAYS_USED})",
            # A day on which nothing happened is a day of the calendar too.
            at_most=f"select case when count(*) = 0 then 0 end from ({_DAYS_USED} union"
            " select cast(window_started_at as date) from marts.data_completeness"
            f" where source_system not in ({WITHOUT_DAYS}) and is_complete)",
            description="There are at least as many days as the facts have, and none where no day"
            " was read.",
        ),
        RowsCheck(
            name="facts_fall_on_days_that_exist",
            description="Every day of a fact has exactly one row.",
            rows=f"""
with days as (
    select calendar_date, count(*) as row_count from marts.dim_dates group by calendar_date
)
select calendar_date, coalesce(days.row_count, 0) as day_count, day_count = 1 as holds,
from ({_DAYS_USED}) as used left join days using (calendar_date)
""",
        ),
    ),
    keys=("calendar_date",),
)

SUITES = (
    _PEOPLE_SUITE,
    _ACTORS_SUITE,
    _REPOSITORIES_SUITE,
    _WORKSPACES_SUITE,
    _API_KEYS_SUITE,
    _MODELS_SUITE,
    _DATES_SUITE,
)
