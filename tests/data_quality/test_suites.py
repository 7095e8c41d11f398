"""Every suite is green on a warehouse that agrees, and red for one defect at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from data_quality import (
    SUITES,
    CheckError,
    CheckResult,
    all_checks,
    run_suite,
    run_suites,
    suite_of,
)

REPOSITORY = Path(__file__).resolve().parents[2]
ACTIVITY = "fct_claude_code_activity_daily"
TOOLS = "fct_claude_code_tool_actions_daily"
MODELS = "fct_claude_code_model_usage_daily"
MESSAGES = "fct_message_usage_daily"
COSTS = "fct_billed_costs_daily"
TRANSCRIPTS = "fct_local_usage_daily"
ATTRIBUTED = "fct_cost_attribution_daily"
GATEWAYS = "fct_gateway_usage_daily"
RECONCILIATION = "gateway_reconciliation_daily"


def change(path: Path, *statements: str) -> None:
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)


def red(results: list[CheckResult]) -> set[str]:
    return {f"{one.table}.{one.name}" for one in results if not one.passed}


def test_all_checks_pass_when_raw_answers_and_marts_agree(warehouse: Path) -> None:
    results = run_suites(warehouse)
    assert red(results) == set()
    assert [(one.table, one.name, one.blocking, one.severity) for one in results] == [
        (one.table, one.name, one.blocking, one.severity) for one in all_checks()
    ]
    assert all(isinstance(one.metadata["rows_looked_at"], int) for one in results)


def test_an_organisation_of_which_nothing_is_loaded_is_green(empty_warehouse: Path) -> None:
    assert red(run_suites(empty_warehouse)) == set()


def test_an_organisation_without_github_is_green(warehouse: Path) -> None:
    change(
        warehouse,
        *(f"delete from raw_github.{table}" for table in ("repositories", "commits")),
        *(f"delete from raw_github.{table}" for table in ("pull_requests", "completeness_ledger")),
        "delete from marts.data_completeness where source_system = 'github'",
        *(f"delete from marts.{table}" for table in ("fct_commits", "fct_pull_requests")),
        *(
            f"delete from marts.{table}"
            for table in (
                *("fct_attribution_evidence", "contributions_weekly", "dim_repositories"),
                *("contributions_monthly", "flow_weekly", "contribution_comparison"),
            )
        ),
        "update marts.cost_per_outcome_monthly set change_count = 0",
    )
    assert red(run_suites(warehouse)) == set()


# One defect, and exactly the checks that must see it.
DEFECTS = {
    "a cent too much is billed": (
        f"update marts.{COSTS} set billed_cost_usd = billed_cost_usd + 0.01"
        " where usage_date = '2026-11-02' and cost_type = 'tokens'",
        {f"{COSTS}.billed_cost_agrees_with_raw_by_day"},
    ),
    "two millionths of a dollar are lost": (
        f"update marts.{COSTS} set billed_cost_usd = billed_cost_usd - 0.000002"
        " where usage_date = '2026-11-02' and cost_type = 'tokens'",
        {f"{COSTS}.billed_cost_agrees_with_raw_by_day"},
    ),
    "a gateway's request is counted for each of its tags": (
        f"insert into marts.{GATEWAYS} select * from marts.{GATEWAYS}"
        " where request_status = 'success'",
        {
            f"{GATEWAYS}.row_count_fits_the_source",
            f"{GATEWAYS}.requests_agree_with_raw_by_day",
            f"{GATEWAYS}.requests_agree_with_the_gateways_own_sums",
            f"{RECONCILIATION}.claims_are_those_of_the_requests",
        },
    ),
    "a gateway's difference is of more than the list": (
        f"update marts.{RECONCILIATION} set claimed_above_list_usd = 1",
        {f"{RECONCILIATION}.claims_are_those_of_the_requests"},
    ),
    "a gateway's cached tokens are not taken out of the input": (
        f"update marts.{GATEWAYS} set uncached_input_tokens = 1731"
        " where request_status = 'success'",
        {f"{GATEWAYS}.requests_agree_with_raw_by_day"},
    ),
    "a gateway has pruned its log": (
        "update raw_litellm.daily_totals set spend_usd = 0.0188628, request_count = 3",
        {f"{GATEWAYS}.requests_agree_with_the_gateways_own_sums"},
    ),
    "a gateway's models have names of their own": (
        f"update marts.{GATEWAYS} set model = 'unmapped'",
        {f"{GATEWAYS}.most_requests_are_of_known_models"},
    ),
    "a gateway gives money back": (
        f"update marts.{GATEWAYS} set claimed_cost_usd = -1 where request_status = 'failure'",
        {
            f"{GATEWAYS}.claimed_cost_usd_is_not_negative",
            f"{GATEWAYS}.requests_agree_with_raw_by_day",
            f"{GATEWAYS}.requests_agree_with_the_gateways_own_sums",
            f"{RECONCILIATION}.claims_are_those_of_the_requests",
        },
    ),
    "a fork's responses are counted again": (
        f"insert into marts.{TRANSCRIPTS} select * from marts.{TRANSCRIPTS}"
        " where usage_date = '2026-11-01'",
        {
            f"{TRANSCRIPTS}.row_count_fits_the_source",
            f"{TRANSCRIPTS}.responses_agree_with_raw_by_day",
        },
    ),
    "a machine's output is lowered": (
        f"update marts.{TRANSCRIPTS} set output_tokens = 8 where usage_date = '2026-11-02'",
        {f"{TRANSCRIPTS}.responses_agree_with_raw_by_day"},
    ),
    "a cost row is dropped": (
        f"delete from marts.{COSTS} where usage_date = '2026-11-02' and cost_type = 'web_search'",
        {f"{COSTS}.billed_cost_agrees_with_raw_by_day"},
    ),
    "a day counts by both reports": (
        f"insert into marts.{COSTS} select * replace ('cost_report' as cost_source)"
        f" from marts.{COSTS} where cost_source = 'analytics_cost'",
        {f"{COSTS}.billed_cost_agrees_with_raw_by_day", f"{COSTS}.row_count_fits_the_source"},
    ),
    "a day is taken from the wrong report": (
        f"update marts.{COSTS} set cost_source = 'cost_report' where usage_date = '2026-11-03'",
        {f"{COSTS}.billed_cost_agrees_with_raw_by_day"},
    ),
    "what the Enterprise report says is counted and set aside": (
        "update marts.claude_code_activity_set_aside_daily set session_count = 2",
        {f"{ACTIVITY}.enterprise_activity_is_counted_or_set_aside"},
    ),
    "a reading is lost": (
        "delete from marts.report_revisions where report = 'analytics_cost'",
        {"report_revisions.current_costs_agree_with_raw_by_day"},
    ),
    "two readings hold at once": (
        "update marts.report_revisions set superseded_at = '2026-11-05'"
        " where report = 'analytics_cost'",
        {"report_revisions.readings_follow_each_other"},
    ),
    "a revision kept no records": (
        "update marts.data_completeness set revision_count = 1"
        " where endpoint = 'cost_report' and window_key = '2026-11-01'",
        {"data_completeness.revised_windows_keep_what_they_said"},
    ),
    "an approval is no review": (
        "update marts.fct_pull_requests set approval_count = 3 where pull_request_number = 1",
        {"fct_pull_requests.approvals_are_reviews"},
    ),
    "somebody who left is a member": (
        "update marts.dim_people set is_organization_member = true where person_key = 'person_2'",
        {"dim_people.people_who_left_are_no_members"},
    ),
    "a removed key is listed": (
        "update marts.dim_api_keys set is_in_directory = true where api_key_id = 'apikey_2'",
        {
            "dim_api_keys.rows_in_the_directory_agree_with_raw",
            "dim_api_keys.what_was_removed_is_not_listed",
        },
    ),
    "a cost is negative": (
        f"update marts.{COSTS} set billed_cost_usd = -0.0375 where cost_type = 'web_search'",
        {
            f"{COSTS}.billed_cost_agrees_with_raw_by_day",
            f"{COSTS}.billed_cost_usd_is_not_negative",
        },
    ),
    "a raw amount is in another currency": (
        "update raw_anthropic.cost_report set body = replace(body, 'USD', 'EUR')"
        " where window_key = '2026-11-01'",
        {f"{COSTS}.amounts_are_in_us_dollars"},
    ),
    "an estimated cost is a dollar where it was a cent": (
        f"update marts.{MODELS} set estimated_cost_usd = estimated_cost_usd * 100"
        " where terminal_type = 'tmux' and usage_date = '2026-11-02'",
        {f"{MODELS}.estimated_cost_agrees_with_raw_by_day"},
    ),
    "a token count is negative": (
        f"update marts.{MODELS} set input_tokens = -10 where usage_date = '2026-11-02'",
        {f"{MODELS}.input_tokens_is_not_negative", f"{MODELS}.tokens_agree_with_raw_by_day"},
    ),
    "cache reads of one day are lost": (
        f"update marts.{MESSAGES} set cache_read_tokens = 0 where usage_date = '2026-11-01'",
        {f"{MESSAGES}.tokens_agree_with_raw_by_day"},
    ),
    "sessions move to another day": (
        f"update marts.{ACTIVITY} set usage_date = '2026-11-02' where terminal_type = 'vscode'",
        {f"{ACTIVITY}.counts_agree_with_raw_by_day"},
    ),
    "an activity row is there twice": (
        f"insert into marts.{ACTIVITY} from marts.{ACTIVITY} limit 1",
        {f"{ACTIVITY}.counts_agree_with_raw_by_day", f"{ACTIVITY}.row_count_fits_the_source"},
    ),
    "a rejection is lost": (
        f"update marts.{TOOLS} set rejected_count = 0 where terminal_type = 'vscode'",
        {f"{TOOLS}.decisions_agree_with_raw_by_day"},
    ),
    "a mart is emptied": (
        f"delete from marts.{TOOLS}",
        {f"{TOOLS}.row_count_fits_the_source", f"{TOOLS}.decisions_agree_with_raw_by_day"},
    ),
    "a day lies in the future": (
        f"update marts.{MESSAGES} set usage_date = '2026-11-05' where usage_date = '2026-11-02'",
        {
            f"{MESSAGES}.usage_date_is_within_the_loaded_windows",
            f"{MESSAGES}.tokens_agree_with_raw_by_day",
            "dim_dates.facts_fall_on_days_that_exist",
            "dim_dates.row_count_fits_the_source",
        },
    ),
    "a person is missing": (
        f"update marts.{ACTIVITY} set person_key = null where terminal_type = 'vscode'",
        {"dim_people.facts_name_people_that_exist"},
    ),
    "nobody is known": (
        f"update marts.{ACTIVITY} set person_key = 'unknown'",
        {f"{ACTIVITY}.most_sessions_belong_to_known_people"},
    ),
    "a commit is dropped": (
        "delete from marts.fct_commits where commit_sha = 'bbb'",
        {
            "fct_commits.row_count_fits_the_source",
            "fct_commits.commits_agree_with_raw_by_repository",
            "contributions_weekly.weeks_add_up_to_the_facts",
        },
    ),
    "evidence is missing": (
        "delete from marts.fct_attribution_evidence where subject_type = 'commit'",
        {"fct_attribution_evidence.what_is_attributed_to_claude_has_evidence"},
    ),
    "evidence shows a mail address": (
        "update marts.fct_attribution_evidence set matched_text = 'Ada <ada@example.com>'"
        " where subject_type = 'commit'",
        {"fct_attribution_evidence.matched_text_has_no_mail_address"},
    ),
    "a pull request is merged before it is opened": (
        "update marts.fct_pull_requests set merged_at = '2026-10-01' where merged_at is not null",
        {"fct_pull_requests.pull_requests_are_merged_after_they_are_opened"},
    ),
    "a week counts twice": (
        "update marts.contributions_weekly set commit_count = 2"
        " where claude_attribution = 'with_claude'",
        {"contributions_weekly.weeks_add_up_to_the_facts"},
    ),
    "contributions are gone": (
        "delete from marts.contributions_monthly; delete from marts.flow_weekly;"
        " delete from marts.cost_per_outcome_monthly",
        {
            "contributions_monthly.months_agree_with_raw_by_repository",
            "contributions_monthly.row_count_fits_the_source",
            "flow_weekly.each_reading_agrees_with_raw_by_repository",
            "flow_weekly.row_count_fits_the_source",
            "cost_per_outcome_monthly.changes_agree_with_raw_by_repository",
            "cost_per_outcome_monthly.cost_of_teams_agrees_with_raw_by_month",
            "cost_per_outcome_monthly.row_count_fits_the_source",
        },
    ),
    "joins multiply contributions": (
        "update marts.contributions_monthly set commit_count = 2"
        " where claude_attribution = 'with_claude';"
        " insert into marts.flow_weekly from marts.flow_weekly;"
        " update marts.cost_per_outcome_monthly set allocated_cost_usd = 3 * allocated_cost_usd"
        " where team_name = 'Core';"
        " insert into marts.contribution_comparison"
        " select c.* replace (measure || i as measure)"
        " from marts.contribution_comparison as c, range(6) as r(i)",
        {
            "contributions_monthly.months_agree_with_raw_by_repository",
            "flow_weekly.each_reading_agrees_with_raw_by_repository",
            "flow_weekly.row_count_fits_the_source",
            "cost_per_outcome_monthly.cost_of_teams_agrees_with_raw_by_month",
            "contribution_comparison.row_count_fits_the_source",
        },
    ),
    "parts of contributions are elsewhere": (
        "delete from marts.flow_weekly where attribution_reading = 'liberal';"
        " update marts.contribution_comparison set without_evidence_count = 1"
        " where repository = 'larkfield/app';"
        " update marts.cost_per_outcome_monthly set change_count = 0"
        " where repository = 'larkfield/app'",
        {
            "flow_weekly.each_reading_agrees_with_raw_by_repository",
            "contribution_comparison.no_more_is_compared_than_was_merged",
            "cost_per_outcome_monthly.changes_agree_with_raw_by_repository",
        },
    ),
    "a thousandth of a cent of a team and a repository of the whole are lost": (
        "update marts.cost_per_outcome_monthly"
        " set allocated_cost_usd = allocated_cost_usd - 0.00001 where team_name = 'Core';"
        " update marts.contribution_comparison set with_claude_count = 2"
        " where repository = 'all'",
        {
            "cost_per_outcome_monthly.cost_of_teams_agrees_with_raw_by_month",
            "contribution_comparison.no_more_is_compared_than_was_merged",
        },
    ),
    "contributions rest on little": (
        "update marts.contributions_monthly set repository_author_count = 3;"
        " update marts.flow_weekly set pull_request_with_reviews_read_count = 0;"
        " update marts.contribution_comparison set interval_low = 0.1;"
        " update marts.cost_per_outcome_monthly set team_name = 'unassigned'"
        " where team_name = 'Core'",
        {
            "contributions_monthly.most_authors_are_mapped",
            "flow_weekly.reviews_are_read_of_most",
            "contribution_comparison.the_difference_lies_in_its_interval",
            "cost_per_outcome_monthly.most_cost_has_a_team",
        },
    ),
    "a day was never loaded": (
        "delete from marts.data_completeness where window_key = '2026-11-02'"
        " and endpoint = 'cost_report';"
        " delete from raw_anthropic.completeness_ledger where window_key = '2026-11-02'"
        " and endpoint = 'cost_report';"
        " delete from raw_anthropic.cost_report where window_key = '2026-11-02';"
        f" delete from marts.{COSTS} where usage_date = '2026-11-02';"
        f" delete from marts.{ATTRIBUTED} where usage_date = '2026-11-02'",
        {
            "data_completeness.days_between_first_and_last_are_complete",
            "cost_per_outcome_monthly.cost_of_teams_agrees_with_raw_by_month",
        },
    ),
    "a window failed": (
        "update marts.data_completeness set error_message = 'HTTP 500'"
        " where window_key = '2026-11-03' and endpoint = 'cost_report'",
        {"data_completeness.no_window_has_failed"},
    ),
    "a complete window is no longer stored": (
        "delete from raw_anthropic.usage_report_messages where window_key = '2026-11-03'",
        {"data_completeness.complete_windows_are_stored"},
    ),
    "the ledger counts a record that is not stored": (
        "update raw_anthropic.completeness_ledger set record_count = 3"
        " where window_key = '2026-11-01' and endpoint = 'cost_report'",
        {"data_completeness.stored_records_agree_with_the_ledger"},
    ),
    "a workspace of the directory is dropped": (
        "delete from marts.dim_workspaces where workspace_id = 'wrkspc_1'",
        {
            "dim_workspaces.row_count_fits_the_source",
            "dim_workspaces.rows_in_the_directory_agree_with_raw",
        },
    ),
    "a cent is allocated twice": (
        f"update marts.{ATTRIBUTED} set allocated_cost_usd = allocated_cost_usd + 0.01"
        " where usage_date = '2026-11-03'",
        {f"{ATTRIBUTED}.allocated_cost_agrees_with_raw_by_day"},
    ),
    "an allocated line is dropped": (
        f"delete from marts.{ATTRIBUTED} where workspace_id = 'default'"
        " and usage_date = '2026-11-02'",
        {f"{ATTRIBUTED}.allocated_cost_agrees_with_raw_by_day"},
    ),
    "nothing says who caused the cost": (
        f"update marts.{ATTRIBUTED} set allocation_method = 'unallocated'"
        " where workspace_id = 'wrkspc_1'",
        {f"{ATTRIBUTED}.most_cost_is_allocated"},
    ),
    "list prices do not explain the bill": (
        "update marts.cost_reconciliation_daily set unexplained_usd = 0.1",
        {"cost_reconciliation_daily.most_of_the_difference_to_list_prices_is_explained"},
    ),
    "a report stopped": (
        "insert into marts.coverage_daily select * replace (usage_date + 3 as usage_date,"
        " 'missing' as console_cost_status, 'missing' as enterprise_activity_status)"
        " from marts.coverage_daily where usage_date >= '2026-11-02';"
        " update marts.coverage_daily set console_cost_status = 'missing'"
        " where usage_date = '2026-11-03';"
        " update marts.coverage_daily set enterprise_activity_status = 'complete'"
        " where usage_date = '2026-11-03'",
        {"coverage_daily.no_report_lags_behind_the_others"},
    ),
    "a covered day is dropped": (
        "delete from marts.coverage_daily where usage_date = '2026-11-03'",
        {"coverage_daily.row_count_fits_the_source"},
    ),
    "nobody is named for a bill": (
        "update marts.coverage_daily set billed_claude_code_without_people_usd = 5"
        " where usage_date = '2026-11-03'",
        {"coverage_daily.days_with_a_bill_have_people"},
    ),
    "half of the people are gone": (
        "update marts.adoption_daily set active_7d_count = 5 where usage_date = '2026-11-03'",
        {"adoption_daily.active_people_do_not_drop_at_once"},
    ),
    "a request counts twice": (
        "update marts.fct_telemetry_usage_daily set request_count = 3",
        {"fct_telemetry_usage_daily.requests_and_cost_agree_with_raw_by_day"},
    ),
    "a ten millionth of a dollar of a request is lost": (
        "update marts.fct_telemetry_usage_daily"
        " set estimated_cost_usd = estimated_cost_usd - 0.0000001",
        {"fct_telemetry_usage_daily.requests_and_cost_agree_with_raw_by_day"},
    ),
    "a machine falls silent": (
        "update marts.telemetry_machines set is_silent = true",
        {"telemetry_machines.no_machine_is_silent"},
    ),
    "tables of telemetry are emptied": (
        "delete from marts.fct_telemetry_tools_daily;"
        " delete from marts.fct_telemetry_activity_daily; delete from marts.telemetry_machines",
        {
            "fct_telemetry_tools_daily.row_count_fits_the_source",
            "fct_telemetry_activity_daily.row_count_fits_the_source",
            "telemetry_machines.row_count_fits_the_source",
        },
    ),
    "two sources of one use are added": (
        "update marts.usage_source_comparison_daily set tokens_of_record = 334 + 1771"
        " where source_of_record = 'admin'",
        {
            "usage_source_comparison_daily.what_counts_is_of_one_source",
            "usage_source_coverage_daily.what_counts_is_the_comparisons",
        },
    ),
    "a source sees more than there is": (
        "update marts.usage_source_coverage_daily"
        " set seen_tokens_of_record = tokens_of_record_of_all + 1",
        {"usage_source_coverage_daily.what_counts_is_the_comparisons"},
    ),
    "how much sources see is emptied": (
        "delete from marts.usage_source_coverage_daily",
        {
            "usage_source_coverage_daily.row_count_fits_the_source",
            "usage_source_coverage_daily.what_counts_is_the_comparisons",
        },
    ),
    "what counts is less than nothing": (
        "update marts.usage_source_comparison_daily set tokens_of_record = -1"
        " where source_of_record = 'several'",
        {
            "usage_source_comparison_daily.tokens_of_record_is_not_negative",
            "usage_source_coverage_daily.what_counts_is_the_comparisons",
        },
    ),
    "the comparison of sources is emptied": (
        "delete from marts.usage_source_comparison_daily",
        {
            "usage_source_comparison_daily.row_count_fits_the_source",
            "usage_source_coverage_daily.row_count_fits_the_source",
            "usage_source_coverage_daily.what_counts_is_the_comparisons",
            "context_efficiency_monthly.row_count_fits_the_source",
        },
    ),
    "a compaction is in no team": (
        "delete from marts.context_efficiency_monthly where scope_type = 'team'",
        {"context_efficiency_monthly.compactions_agree_with_raw_by_month"},
    ),
    "a lever saves more than is spent": (
        "update marts.context_efficiency_monthly set saving_usd = 0.000004"
        " where saving_usd is not null",
        {"context_efficiency_monthly.a_lever_saves_no_more_than_is_spent"},
    ),
    "a saving is not known and nothing says why": (
        "update marts.context_efficiency_monthly set saving_unknown_reason = null",
        {"context_efficiency_monthly.a_lever_saves_no_more_than_is_spent"},
    ),
    "a lever spends and saves less than nothing": (
        "update marts.context_efficiency_monthly set spent_usd = -spent_usd,"
        " saving_usd = -spent_usd - 1",
        {
            "context_efficiency_monthly.spent_usd_is_not_negative",
            "context_efficiency_monthly.saving_usd_is_not_negative",
        },
    ),
    "a model has an unknown name": (
        "update marts.dim_models set is_known = false where model_family = 'opus'",
        {"dim_models.model_names_are_understood"},
    ),
}


# What the checks that ask a person to look say in each example.
WHAT_TO_DO = {
    f"{ATTRIBUTED}.most_cost_is_allocated": "claude-usage run",
    "cost_reconciliation_daily.most_of_the_difference_to_list_prices_is_explained": "make prices",
    "coverage_daily.no_report_lags_behind_the_others": "claude-usage status",
    "coverage_daily.days_with_a_bill_have_people": "sign in with a seat",
    "adoption_daily.active_people_do_not_drop_at_once": "unmapped_identities",
    "telemetry_machines.no_machine_is_silent": "look at its settings",
    "contributions_monthly.most_authors_are_mapped": "identity_map.csv",
    "flow_weekly.reviews_are_read_of_most": "claude-usage run",
    "contribution_comparison.the_difference_lies_in_its_interval": "do not show",
    "cost_per_outcome_monthly.most_cost_has_a_team": "team_memberships.csv",
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_one_defect_turns_exactly_its_checks_red(warehouse: Path, defect: str) -> None:
    statements, expected = DEFECTS[defect]
    change(warehouse, statements)
    results = run_suites(warehouse)
    assert red(results) == expected
    for one in results:
        assert "@" not in str(one.metadata)
        if not one.passed and one.name != "row_count_fits_the_source":
            assert one.metadata["rows_failing"] > 0
            assert one.metadata["examples"]
            words = WHAT_TO_DO.get(f"{one.table}.{one.name}", "")
            assert all(words in example for example in one.metadata["examples"])
            assert not (words and one.blocking)


def test_each_check_that_says_what_to_do_was_seen_red() -> None:
    assert set().union(*(expected for _, expected in DEFECTS.values())) >= WHAT_TO_DO.keys()


def test_a_commit_of_a_sync_that_failed_halfway_is_no_lost_record(warehouse: Path) -> None:
    change(
        warehouse,
        "update raw_github.completeness_ledger set record_count = 2"
        " where endpoint = 'commits' and window_key = '1'",
    )
    assert red(run_suite(warehouse, suite_of("data_completeness"))) == set()
    change(
        warehouse,
        "update raw_github.completeness_ledger set record_count = 4"
        " where endpoint = 'commits' and window_key = '1'",
    )
    assert red(run_suite(warehouse, suite_of("data_completeness"))) == {
        "data_completeness.stored_records_agree_with_the_ledger"
    }


def test_days_out_of_line_are_named(warehouse: Path) -> None:
    change(
        warehouse,
        f"insert into marts.{COSTS} select 'cost_report', date '2026-11-03' + cast(i as integer),"
        " 'default', 'unknown', 'tokens', 'none', 'none', case when i = 20 then 100 else 1 end,"
        # A day that is still going on is not compared.
        " true from range(21) as r(i)",
        f"insert into marts.{COSTS} select * replace (false as is_complete_day, 900 as"
        f" billed_cost_usd, date '2026-11-24' as usage_date) from marts.{COSTS} limit 1",
    )
    results = {one.name: one for one in run_suite(warehouse, suite_of(COSTS))}
    found = results["billed_cost_of_recent_days_is_in_line"]
    assert (found.passed, found.blocking, found.metadata["rows_failing"]) == (False, False, 1)
    assert found.metadata["examples"][0].startswith("usage_date=2026-11-23, cost_usd=100")


def test_a_day_unlike_its_weekday_is_named(warehouse: Path) -> None:
    def failing(days: str) -> list[str]:
        change(warehouse, f"delete from marts.{ACTIVITY} where usage_date >= '2027-01-01'")
        change(
            warehouse,
            f"insert into marts.{ACTIVITY} select * exclude (day) replace (day as usage_date,"
            f" true as is_complete_day) from (from marts.{ACTIVITY} limit 1), ({days})",
        )
        found = next(
            one
            for one in run_suite(warehouse, suite_of(ACTIVITY))
            if one.name == "rows_of_recent_days_are_in_line_with_their_weekday"
        )
        assert not found.blocking
        return [str(text).split(",")[0] for text in found.metadata.get("examples", [])]

    # Thirty rows on each workday from a Monday on, three on a day of the weekend.
    weeks = (
        "select date '2027-01-04' + cast(i as integer) as day"
        " from range(63) as days(i), range(30) as rows(n) where n < if(i % 7 < 5, 30, 3)"
    )
    assert failing(weeks) == []
    # Of the last week, the rows of the Wednesday were lost but for a few.
    assert failing(f"{weeks} and (i <> 58 or n < 9)") == ["usage_date=2027-03-03"]
    # Two such days are too few to compare with.
    assert failing(f"{weeks} and i >= 42 and (i <> 58 or n < 9)") == []


def test_a_share_of_a_model_that_moves_is_named(warehouse: Path) -> None:
    def failing(first: str, last: str) -> list[str]:
        change(warehouse, f"delete from marts.{MODELS}")
        change(
            warehouse,
            f"insert into marts.{MODELS} by name select date '2027-01-01' + cast(i as integer) as"
            " usage_date, 'a' as actor_key, 'p' as person_key, 'vscode' as terminal_type,"
            f" if(n < if(i < 28, {first}, {last}), 'one', 'other') as model, 10 as input_tokens,"
            " 0 as output_tokens, 0 as cache_read_tokens, 0 as cache_creation_tokens,"
            " 0 as estimated_cost_usd, true as is_complete_day"
            " from range(35) as days(i), range(100) as rows(n)",
        )
        found = next(
            one
            for one in run_suite(warehouse, suite_of(MODELS))
            if one.name == "shares_of_models_do_not_drift"
        )
        assert not found.blocking
        return [str(text).split(",")[0] for text in found.metadata.get("examples", [])]

    assert failing("90", "40") == []
    assert sorted(failing("90", "39")) == ["model=one", "model=other"]


@pytest.mark.parametrize(("days", "holds"), [(2, True), (4, False), (40, True)])
def test_a_source_that_is_not_read_any_more_is_named(
    warehouse: Path, days: int, holds: bool
) -> None:
    change(
        warehouse,
        "update marts.data_completeness set last_fetched_at = timestamp '2026-11-04 06:00:00'"
        f" - interval {days} day where source_system = 'github'",
    )
    results = run_suite(warehouse, suite_of("data_completeness"))
    found = next(one for one in results if one.name == "no_source_lags_behind_the_others")
    assert (found.passed, found.blocking) == (holds, False)


def test_examples_are_few_and_name_the_rows(warehouse: Path) -> None:
    change(
        warehouse,
        f"insert into marts.{MODELS} select usage_date, 'actor_' || i, person_key, 'x', 'm',"
        f" -1, 0, 0, 0, 0, true from marts.{MODELS}, range(20) as r(i)",
    )
    results = {one.name: one for one in run_suite(warehouse, suite_of(MODELS))}
    found = results["input_tokens_is_not_negative"]
    assert found.metadata["rows_looked_at"] == 63
    assert found.metadata["rows_failing"] == 60
    assert len(found.metadata["examples"]) == 5
    assert "usage_date=2026-11-01" in found.metadata["examples"][0]


BROKEN = {
    "a mart is missing": (f"drop table marts.{TOOLS}", TOOLS),
    "a raw table is missing": ("drop table raw_anthropic.cost_report", COSTS),
    "a column of an expectation is missing": (
        f"alter table marts.{TOOLS} drop column accepted_count",
        TOOLS,
    ),
    "a column of a query is missing": (
        f"alter table marts.{COSTS} drop column billed_cost_usd",
        COSTS,
    ),
    "a documented field is missing": (
        "update raw_anthropic.usage_report_claude_code"
        " set body = replace(body, 'num_sessions', 'sessions')",
        ACTIVITY,
    ),
    "a number is a word": (
        "update raw_anthropic.usage_report_claude_code"
        """ set body = replace(body, '"added": 40', '"added": "ada@example.com"')""",
        ACTIVITY,
    ),
    "a body is cut off": (
        "update raw_anthropic.usage_report_claude_code set body = left(body, 150)",
        ACTIVITY,
    ),
}


@pytest.mark.parametrize("break_", BROKEN)
def test_a_broken_check_is_an_error_and_neither_pass_nor_finding(
    warehouse: Path, break_: str
) -> None:
    statement, table = BROKEN[break_]
    change(warehouse, statement)
    with pytest.raises(CheckError) as raised:
        run_suite(warehouse, suite_of(table))
    assert "@" not in str(raised.value)
    # Nothing of the body is quoted, and the file is free again.
    assert "has_more" not in str(raised.value)
    change(warehouse, "select 1")


def test_a_missing_warehouse_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CheckError, match="no warehouse"):
        run_suites(tmp_path / "absent.duckdb")
    assert list(tmp_path.iterdir()) == []


def test_the_warehouse_is_not_changed_and_may_be_read_meanwhile(warehouse: Path) -> None:
    before = warehouse.read_bytes()
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True);"
        "print('open', flush=True); sys.stdin.readline()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as reader:
        assert reader.stdout is not None
        reader.stdout.readline()
        assert red(run_suites(warehouse)) == set()
        reader.communicate(b"\n")
    assert warehouse.read_bytes() == before


def test_nothing_is_printed(warehouse: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run_suite(warehouse, suite_of(COSTS))
    assert capfd.readouterr() == ("", "")


def test_checks_are_known_without_importing_great_expectations() -> None:
    script = (
        "import sys; from data_quality import all_checks; assert len(all_checks()) > 50;"
        "assert not {'great_expectations', 'sqlalchemy', 'duckdb', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=REPOSITORY)


def test_check_names_are_unique_and_each_suite_opens_with_a_row_count() -> None:
    names = [(one.table, one.name) for one in all_checks()]
    assert len(names) == len(set(names))
    assert all(name.isidentifier() for _, name in names)
    assert {suite.checks[0].name for suite in SUITES} == {"row_count_fits_the_source"}
    assert all(one.description for one in all_checks())


def test_the_readme_lists_every_check_on_the_right_side() -> None:
    lines = (REPOSITORY / "data_quality" / "README.md").read_text().splitlines()
    listed = {
        (table.strip(" `"), name.strip(" `"), blocking)
        for _, table, blocks, warns, _ in (
            line.split("|") for line in lines if line.startswith("| `")
        )
        for names, blocking in ((blocks, True), (warns, False))
        for name in names.split(",")
        if name.strip() != "-"
    }
    assert listed == {(one.table, one.name, one.blocking) for one in all_checks()}
