"""The demo, as a user runs it, against the invented organisation's own ground truth."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from claude_usage.commands.query import Metrics, ask
from claude_usage.demo_machines import SEED as MACHINES_SEED
from demo_api import DemoServer, GroundTruth
from demo_api.anthropic_limits import RATE_LIMITS
from demo_api.gateway import TEAM as GATEWAY_TEAM
from demo_api.machines import write_machines
from demo_api.minutes import request_peaks, token_peaks
from demo_api.teams import COST_CENTERS
from demo_api.telemetry import TelemetryTruth, write_telemetry
from ingestion.settings import Settings
from orchestration.assets.transformations import semantic_manifest
from publishing import Privacy, publish
from tests.end_to_end.conftest import Place

README = Path(__file__).parents[2] / "README.md"
CENT = Decimal("0.01")
# Of the story.
FIRST_DAY = "2026-08-03"
HALF_STEP = Decimal("0.0000005")


@pytest.fixture(scope="module")
def marts(demo: tuple[Place, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(demo[0].published), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


@pytest.fixture(scope="module")
def truth(server: DemoServer) -> GroundTruth:
    return server.truth()


def dollars(cents: Decimal) -> Decimal:
    return cents * CENT


def pairs(marts: duckdb.DuckDBPyConnection, query: str) -> dict[Any, Any]:
    """Return rows as a mapping from all columns but the last to the last."""
    rows = marts.execute(query).fetchall()
    return {row[0] if len(row) == 2 else row[:-1]: row[-1] for row in rows}


@dataclass(frozen=True)
class Case:
    """What a query says of each key, its first columns, and where the truth has the same."""

    query: str
    truth: Callable[[GroundTruth], Mapping[Any, Any]]
    keys: int = 1
    # What the story has, so that the case is about something.
    told: Callable[[Mapping[Any, Any]], bool] = bool


def _of_all(measures: str, where: str = "true") -> str:
    """A query of the organisation's days of adoption."""
    return (
        f"select usage_date::text, {measures} from marts.adoption_daily"
        f" where organization_id = 'all' and team_name = 'all' and {where}"
    )


def _without(kind: str) -> str:
    """A query of tokens that have no cost or no price."""
    return (
        f"select usage_date::text, model, sum({kind}_tokens)"
        f" from marts.cost_reconciliation_daily where {kind}_tokens > 0 group by all"
    )


CASES = {
    "estimates by model": Case(
        "select model, sum(estimated_cost_usd) from marts.fct_claude_code_model_usage_daily"
        " group by all",
        lambda truth: {model: dollars(c) for model, c in truth.estimated_cents_by_model.items()},
        # A model nobody knows is counted all the same.
        told=lambda said: "claude-nova-1-preview" in said,
    ),
    "activity by day": Case(
        "select usage_date::text, sum(session_count), sum(lines_added), sum(lines_removed),"
        " sum(commit_count), sum(pull_request_count)"
        " from marts.fct_claude_code_activity_daily group by all",
        lambda truth: {
            day: (one.sessions, one.lines_added, one.lines_removed, one.commits, one.pull_requests)
            for day, one in truth.by_day.items()
            if one.records
        },
    ),
    "sessions by person": Case(
        "select if(person_kind in ('member', 'guest'), email_address, 'unresolved'),"
        " sum(session_count) from marts.fct_claude_code_activity_daily"
        " left join marts.dim_people using (person_key) group by all",
        lambda truth: {person: one.sessions for person, one in truth.by_person.items()},
    ),
    "decisions by tool": Case(
        "select tool_name, sum(accepted_count), sum(rejected_count)"
        " from marts.fct_claude_code_tool_actions_daily group by all",
        lambda truth: truth.tool_decisions,
        # A tool nobody knows is counted all the same.
        told=lambda said: "browser_tool" in said,
    ),
    "decisions by tool and team": Case(
        "select tool_name, team_name, sum(accepted_count), sum(rejected_count)"
        " from marts.tool_acceptance_daily group by all",
        lambda truth: truth.adoption.decisions_by_team,
        keys=2,
    ),
    "tokens by day and model": Case(
        "select usage_date::text, model, sum(uncached_input_tokens + output_tokens"
        " + cache_read_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens)"
        " from marts.fct_message_usage_daily group by all",
        lambda truth: {key: n for key, n in truth.usage_tokens_by_day_and_model.items() if n},
        keys=2,
    ),
    "tokens of the priority tier": Case(
        _without("priority_tier"), lambda truth: truth.cost.priority_tokens, keys=2
    ),
    "tokens without a price": Case(
        _without("unpriced"), lambda truth: truth.cost.unpriced_tokens, keys=2
    ),
    "commits by repository": Case(
        "select repository, count(*), count(*) filter (is_merge), sum(lines_added),"
        " sum(lines_removed), sum(lines_added) filter (claude_attribution = 'with_claude')"
        " from marts.fct_commits group by all",
        lambda truth: {
            one.repository: (
                one.commits,
                one.merge_commits,
                one.lines_added,
                one.lines_removed,
                one.lines_added_with_claude,
            )
            for one in truth.repositories.values()
            if one.commits
        },
    ),
    "merged pull requests by attribution, each once": Case(
        # The span begins on a Monday; what was updated in it and merged before is loaded too.
        "select repository, claude_attribution, sum(merged_pull_request_count)"
        f" from marts.contributions_weekly where week_start_date >= date '{FIRST_DAY}'"
        " group by all having sum(merged_pull_request_count) > 0",
        lambda truth: {
            (one.repository, kind): count
            for one in truth.repositories.values()
            for kind, count in one.merged_by_attribution.items()
        },
        keys=2,
    ),
    "pull requests that were taken back": Case(
        "select repository, pull_request_number, revert_status from marts.fct_pull_requests"
        " where revert_status = 'reverted'",
        lambda truth: dict.fromkeys(truth.reverted_pull_requests, "reverted"),
        keys=2,
    ),
    **{
        f"people active in {days} days": Case(
            _of_all(f"active_{days}d_count", f"active_{days}d_count is not null"),
            lambda truth, days=days: truth.adoption.active[days],  # type: ignore[misc]
        )
        for days in (1, 7, 28)
    },
    "people active by team": Case(
        "select usage_date::text, team_name, active_1d_count from marts.adoption_daily"
        " where organization_id = 'all' and team_name <> 'all' and active_1d_count > 0",
        lambda truth: truth.adoption.active_by_team,
        keys=2,
    ),
    "who is new, stays, comes back and lapses": Case(
        _of_all(
            "new_count, retained_count, resurrected_count, lapsed_count, dormant_count",
            "new_count is not null",
        ),
        lambda truth: truth.adoption.lifecycle,
        told=lambda said: (
            any(resurrected for _, _, resurrected, _, _ in said.values())
            and any(lapsed for _, _, _, lapsed, _ in said.values())
        ),
    ),
    "seats never used": Case(
        _of_all("seats_never_used_count"),
        lambda truth: truth.adoption.seats_never_used,
        told=lambda said: said[max(said)] > 0,
    ),
    "active people known on GitHub": Case(
        "select usage_date::text, active_people_on_github_count from marts.coverage_daily",
        lambda truth: truth.adoption.on_github,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_the_marts_say_equals_the_truth(
    marts: duckdb.DuckDBPyConnection, truth: GroundTruth, case: Case
) -> None:
    said = {
        _plain(row[: case.keys]): _plain(row[case.keys :])
        for row in marts.execute(case.query).fetchall()
    }

    assert said == case.truth(truth)
    assert case.told(said)


def _plain(values: tuple[Any, ...]) -> Any:
    return values[0] if len(values) == 1 else values


def test_the_bill_equals_the_truth_by_day_and_workspace(
    marts: duckdb.DuckDBPyConnection, truth: GroundTruth
) -> None:
    billed = pairs(
        marts,
        "select usage_date::text, nullif(workspace_id, 'default'), sum(billed_cost_usd)"
        " from marts.fct_billed_costs_daily group by all",
    )
    expected = {
        key: dollars(cents)
        for key, cents in truth.billed_cents_by_day_and_workspace.items()
        if cents
    }
    assert billed.keys() == expected.keys()
    lines = pairs(
        marts,
        "select usage_date::text, nullif(workspace_id, 'default'), count(*)"
        " from marts.fct_billed_costs_daily group by all",
    )
    # The bill has fractions of a cent beyond the sixth decimal of a dollar; marts round each line.
    assert all(abs(billed[key] - expected[key]) <= lines[key] * HALF_STEP for key in billed)
    assert sum(billed.values()).quantize(CENT) == dollars(truth.billed_cents).quantize(CENT)


def test_the_bill_equals_the_truth_by_cost_type(
    marts: duckdb.DuckDBPyConnection, truth: GroundTruth
) -> None:
    billed = pairs(
        marts,
        "select cost_type, sum(billed_cost_usd) from marts.fct_billed_costs_daily group by all",
    )
    expected = {kind: dollars(c) for kind, c in truth.billed_cents_by_cost_type.items()}
    assert billed.keys() == expected.keys()
    assert all(billed[kind].quantize(CENT) == expected[kind].quantize(CENT) for kind in expected)


def test_what_went_through_the_gateway_equals_the_truth_to_the_last_digit(
    marts: duckdb.DuckDBPyConnection, truth: GroundTruth
) -> None:
    told = marts.execute(
        "select usage_date::text, route, nullif(model, 'unmapped'), email_address, request_status,"
        " sum(request_count), sum(failed_request_count), sum(uncached_input_tokens),"
        " sum(cache_read_tokens), sum(cache_creation_5m_tokens), sum(cache_creation_1h_tokens),"
        " sum(output_tokens), sum(claimed_cost_usd), sum(list_cost_usd)"
        " from marts.fct_gateway_usage_daily left join marts.dim_people using (person_key)"
        " group by all"
    ).fetchall()
    expected = {tuple(cell): tuple(vars(sums).values()) for cell, sums in truth.gateway.items()}

    assert {row[:5]: row[5:] for row in told} == expected
    assert len({cell.route for cell in truth.gateway}) == 4
    assert any(cell.person_email is None for cell in truth.gateway)
    assert any(sums.list_usd is None for sums in truth.gateway.values())


def test_the_gateways_team_is_the_one_that_its_people_are_in(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    teams = marts.execute(
        "select distinct team_name, team_source, tag from marts.fct_gateway_usage_daily"
        " join marts.dim_teams using (team_name)"
    ).fetchall()

    assert teams == [(GATEWAY_TEAM, "seed", COST_CENTERS[GATEWAY_TEAM])]


def test_what_the_gateway_reckons_wrongly_is_the_difference_to_the_list(
    marts: duckdb.DuckDBPyConnection, truth: GroundTruth
) -> None:
    ((difference, missing),) = marts.execute(
        "select sum(claimed_above_list_usd), sum(missing_request_count)"
        " from marts.gateway_reconciliation_daily"
    ).fetchall()
    priced = [sums for sums in truth.gateway.values() if sums.list_usd is not None]

    assert difference == sum(sums.claimed_usd - sums.list_usd for sums in priced)
    assert difference < 0, "an hour's cache write is too cheap on one route"
    assert missing == 0


LIMITED = {
    "input_tokens_per_minute": "input",
    "output_tokens_per_minute": "output",
    "tokens_per_minute": "tokens",
}


def test_the_busiest_minutes_equal_the_truth(
    marts: duckdb.DuckDBPyConnection, server: DemoServer
) -> None:
    organisation = server.organisation
    models = {limit.limit_id: limit.models or () for limit in RATE_LIMITS}
    expected = {
        (day, workspace, limit, kind): peak
        for day in organisation.days
        for (workspace, limit, kind), peak in token_peaks(
            organisation.usage.get(day, []), models
        ).items()
        if peak[0] and (kind == "tokens") == (limit == "all")
    }
    peaks = {
        (day, workspace, limit, LIMITED[kind]): (tokens, minute)
        for day, workspace, limit, kind, tokens, minute in marts.execute(
            "select usage_date::text, workspace_id, rate_limit_id, limit_type, peak_tokens,"
            " date_diff('minute', usage_date::timestamp, peak_minute_started_at)"
            " from marts.token_rate_headroom where peak_tokens > 0"
        ).fetchall()
    }
    assert peaks == expected
    assert {limit for _, _, limit, _ in peaks} >= {"unmapped", "all", "rl_demo_opus"}


def test_the_minutes_with_most_requests_equal_the_truth(
    marts: duckdb.DuckDBPyConnection, server: DemoServer
) -> None:
    organisation = server.organisation
    models = {limit.limit_id: limit.models or () for limit in RATE_LIMITS}
    peaks = {
        (day, workspace, limit): (requests, minute)
        for day, workspace, limit, requests, minute in marts.execute(
            "select usage_date::text, workspace_id, rate_limit_id, peak_request_count,"
            " date_diff('minute', usage_date::timestamp, peak_minute_started_at)"
            " from marts.token_rate_headroom where peak_request_count > 0"
        ).fetchall()
    }
    expected = {
        (day, workspace, limit): peak
        for day in organisation.days
        for (workspace, limit), peak in request_peaks(
            organisation.usage.get(day, []), models
        ).items()
        # Requests of all models are told of the organisation alone, and have no limit.
        if (limit == "all") <= (workspace == "all") and limit != "unmapped"
    }
    assert peaks == expected
    assert len(peaks) > 500


def test_what_runs_in_the_united_states_explains_all_of_the_difference(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    rows = marts.execute(
        "select sum(us_residency_usd), sum(unexplained_usd), count(*) filter (unexplained_usd <> 0)"
        " from marts.cost_reconciliation_daily"
    ).fetchone()
    assert rows is not None
    (resident, unexplained, days) = rows
    assert resident > 0
    assert (unexplained, days) == (0, 0)


def test_the_interval_of_a_months_forecast_holds_its_end_as_often_as_it_says(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    (_, share), *weeks = marts.execute(
        """
        with ends as (
            select
                *,
                max_by(actual_cost_usd, usage_date) over (
                    partition by scope_type, scope_id, month_start_date
                ) as true_usd
            from marts.budget_status_daily
        )
        select
            (day(usage_date) - 1) // 7 + 1 as week,
            avg(cast(
                true_usd between forecast_lower_cost_usd and forecast_upper_cost_usd as integer
            ))
        from ends
        where forecast_cost_usd is not null and usage_date < last_day(usage_date)
        group by rollup (week) order by week nulls first
        """
    ).fetchall()
    assert 0.76 <= share <= 0.84
    assert len(weeks) == 5
    assert min(share for _, share in weeks) >= 0.70


def test_limits_are_the_workspaces_own_or_the_organisations(
    marts: duckdb.DuckDBPyConnection, server: DemoServer, truth: GroundTruth
) -> None:
    names = {one.workspace_id: one.name for one in server.organisation.workspaces}
    limits = {
        (names.get(workspace, workspace), limit, kind.split("_")[0]): found
        for workspace, limit, kind, *found in marts.execute(
            "select distinct workspace_id, rate_limit_id, limit_type, limit_value,"
            " coalesce(limit_source, limit_unknown_reason) from marts.token_rate_headroom"
        ).fetchall()
    }
    assert limits["all", "rl_demo_opus", "output"] == [800_000, "organization"]
    assert limits["default", "rl_demo_opus", "output"] == [800_000, "organization"]
    assert limits["Product Assistant", "rl_demo_opus", "output"] == [150_000, "workspace"]
    assert limits["Product Assistant", "rl_demo_opus", "input"] == [10_000_000, "organization"]
    assert limits["Product Assistant", "rl_demo_sonnet", "output"] == [None, "not_listed"]
    archived = limits["Summer Prototype", "rl_demo_sonnet", "input"]
    assert archived == [None, "workspace_limits_not_read"]
    recommended = pairs(
        marts,
        "select usage_date::text, recommended_lower from marts.token_rate_headroom"
        " where rate_limit_id = 'all' and workspace_id = 'all'"
        " and limit_type = 'tokens_per_minute' and recommendation_unknown_reason is null",
    )
    # Between 21 and 50 people at all times.
    assert recommended == {day: n * 50_000 for day, n in truth.adoption.active[28].items()}


def test_each_commit_has_its_true_attribution(
    marts: duckdb.DuckDBPyConnection, truth: GroundTruth
) -> None:
    said = pairs(marts, "select repository, commit_sha, claude_attribution from marts.fct_commits")
    wrong = {
        key: (value, truth.commit_attribution[key])
        for key, value in said.items()
        if key in truth.commit_attribution and value != truth.commit_attribution[key]
    }
    assert wrong == {}
    assert len(said.keys() & truth.commit_attribution.keys()) > 1_000


def test_each_pull_request_has_its_true_attribution(
    marts: duckdb.DuckDBPyConnection, truth: GroundTruth
) -> None:
    said = pairs(
        marts,
        "select repository, pull_request_number, claude_attribution from marts.fct_pull_requests",
    )
    wrong = {
        key: (value, truth.pull_request_attribution[key])
        for key, value in said.items()
        if key in truth.pull_request_attribution and value != truth.pull_request_attribution[key]
    }
    assert wrong == {}
    assert len(said.keys() & truth.pull_request_attribution.keys()) > 500


@pytest.mark.parametrize(
    ("sql", "written"),
    [
        (
            "select repository, pull_request_number, claude_probability, attribution_estimated,"
            " estimate_reason, strftime(merged_at, '%Y-%m') from marts.fct_pull_requests"
            " where merged_at >= $first",
            "pull_requests_written",
        ),
        (
            "select repository, commit_sha, claude_probability, attribution_estimated,"
            " estimate_reason, strftime(committed_at, '%Y-%m') from marts.fct_commits"
            " where committed_at >= $first and not is_merge",
            "commits_written",
        ),
    ],
)
def test_the_best_estimate_is_within_three_points_of_the_truth_in_each_month(
    marts: duckdb.DuckDBPyConnection, truth: GroundTruth, sql: str, written: str
) -> None:
    rows = marts.execute(sql, {"first": truth.first_day}).fetchall()
    true = getattr(truth, written)
    months = {month for *_, month in rows}

    assert len(months) == 3
    for asked in months:
        ours = [
            (true[r, key], float(p), why) for r, key, p, _, why, month in rows if month == asked
        ]
        share = sum(is_with for is_with, *_ in ours) / len(ours)
        assert abs(sum(p for _, p, _ in ours) / len(ours) - share) <= 0.03, asked
        # What no mark tells is there to be found.
        marked = sum(why == "evidence" for *_, why in ours) / len(ours)
        assert marked < share, asked
    unmarked = [(true[r, key], said) for r, key, _, said, why, _ in rows if why != "evidence"]
    with_claude = [is_with for is_with, said in unmarked if said == "with_claude"]
    assert sum(with_claude) / len(with_claude) >= 0.8
    assert sum(with_claude) / sum(is_with for is_with, _ in unmarked) >= 0.4


def test_a_change_whose_mark_may_be_missing_is_undetermined_in_the_balanced_reading(
    marts: duckdb.DuckDBPyConnection, truth: GroundTruth
) -> None:
    said = {
        (repository, number): (evidence, balanced, reason)
        for repository, number, evidence, balanced, reason in marts.execute(
            "select repository, pull_request_number, claude_attribution, attribution_balanced,"
            " attribution_reason from marts.fct_pull_requests"
        ).fetchall()
    }

    assert len(truth.balanced_attribution) == 6
    for key, balanced in truth.balanced_attribution.items():
        assert said[key] == ("without_claude", balanced, "active_author"), key


def test_effective_lines_are_those_that_people_wrote(
    marts: duckdb.DuckDBPyConnection, truth: GroundTruth
) -> None:
    said = pairs(
        marts,
        "select repository, pull_request_number, effective_lines_added"
        " from marts.fct_pull_requests where effective_lines_added is not null",
    )

    assert len(said) > 500
    assert said == {key: truth.written_lines_added[key] for key in said}


def test_each_day_of_each_report_is_complete_also_those_without_anything(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    complete = pairs(
        marts,
        "select endpoint, count(*) from marts.data_completeness where is_complete"
        " and window_started_at is not null and source_system = 'anthropic' group by all",
    )
    assert complete == {
        "usage_report_claude_code": 90,
        "usage_report_messages_by_minute": 90,
        "analytics_usage": 90,
        "analytics_cost": 90,
        "analytics_cost_by_geography": 90,
        "analytics_usage_by_minute": 90,
    }
    sunday = marts.execute(
        "select record_count from marts.data_completeness"
        " where endpoint = 'usage_report_claude_code' and window_key = '2026-08-16'"
    ).fetchone()
    assert sunday == (0,)


def test_the_demo_ends_with_a_table_and_what_to_do_next(
    demo: tuple[Place, str], truth: GroundTruth
) -> None:
    printed = demo[1]
    assert f"${dollars(truth.billed_cents):,.2f}" in printed
    assert f"${dollars(truth.estimated_cents):,.2f}" in printed
    for expected in ("Members active", "accepted", "with Claude", "Next:", " s from servers"):
        assert expected in printed


def test_the_readme_shows_the_table_that_the_demo_prints(demo: tuple[Place, str]) -> None:
    shown = README.read_text().split("```text\n2026-08-03")[1].split("```")[0]
    rows = [line for line in shown.splitlines() if line.startswith("│")]
    assert len(rows) == 10
    assert all(row in demo[1] for row in rows)


def test_no_mail_address_is_in_any_evidence(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.execute(
        "select count(*), count(*) filter (contains(matched_text, '@'))"
        " from marts.fct_attribution_evidence"
    ).fetchone()
    assert rows is not None
    assert rows[0] > 1_000
    assert rows[1] == 0


def test_every_person_key_of_every_fact_is_a_person(demo: tuple[Place, str]) -> None:
    with duckdb.connect(str(Path(demo[0].published)), read_only=True) as connection:
        facts = connection.execute(
            "select table_name from duckdb_columns()"
            " where column_name = 'person_key' and table_name like 'fct\\_%' escape '\\'"
        ).fetchall()
        assert len(facts) >= 5
        for (fact,) in facts:
            # Where a gateway's user leads to nobody there is none; who may not be, dbt's rules say.
            strangers = connection.execute(
                f"select count(*) from (from marts.{fact} where person_key is not null)"
                " anti join marts.dim_people using (person_key)"
            ).fetchone()
            assert strangers == (0,), fact


ATTRIBUTED = "marts.fct_cost_attribution_daily"


def assert_equal_money(said: dict[Any, Decimal], cents: dict[Any, Decimal]) -> None:
    """Each amount is the truth's but for the sixth decimals of the lines that it is a part of."""
    assert said.keys() == {key for key, amount in cents.items() if amount}
    wrong = {key: (said[key], dollars(cents[key])) for key in said}
    assert {k: pair for k, pair in wrong.items() if abs(pair[0] - pair[1]) >= CENT / 10} == {}


def test_costs_are_attributed_to_whoever_caused_them(
    marts: duckdb.DuckDBPyConnection, truth: GroundTruth
) -> None:
    by_person = pairs(
        marts,
        f"select email_address, sum(allocated_cost_usd) from {ATTRIBUTED}"
        " join marts.dim_people using (person_key) where person_key <> 'unknown' group by all",
    )
    assert_equal_money(by_person, truth.cost.cents_by_person)
    assert "nora.eriksen@larkfield.example" in by_person, "who left caused costs before"
    assert "ines.carvalho@larkfield.example" in by_person, "a plus address is no other person"
    by_key = pairs(
        marts,
        f"select api_key_id, sum(allocated_cost_usd) from {ATTRIBUTED}"
        " where person_key = 'unknown' and api_key_id <> 'none' group by all",
    )
    assert_equal_money(by_key, truth.cost.cents_by_key)


def test_keys_have_the_true_cost_and_tokens_of_each_kind(
    marts: duckdb.DuckDBPyConnection, truth: GroundTruth
) -> None:
    grain = "strftime(month_start_date, '%Y-%m'), nullif(api_key_id, 'none'), model, token_type"
    of_tokens = "from marts.key_costs_monthly where cost_type = 'tokens' group by all"
    costs = pairs(marts, f"select {grain}, sum(allocated_cost_usd) {of_tokens}")
    assert_equal_money(costs, truth.cost.cents_by_key_and_kind)
    tokens = pairs(marts, f"select {grain}, sum(billed_tokens) {of_tokens}")
    assert tokens == truth.cost.tokens_by_key_and_kind
    assert len({key for _, key, _, _ in tokens}) > 10
    without = marts.execute(
        "select distinct cost_type, tokens_unknown_reason from marts.key_costs_monthly"
        " where billed_tokens is null order by all"
    ).fetchall()
    assert without == [
        (kind, "not_of_tokens") for kind in ("code_execution", "session_usage", "web_search")
    ]


def test_who_pays_list_prices_has_no_discount(
    marts: duckdb.DuckDBPyConnection, truth: GroundTruth
) -> None:
    listed = pairs(
        marts,
        "select email_address, sum(list_cost_usd) from marts.person_discounts_monthly"
        " join marts.dim_people using (person_key) where person_key <> 'unknown' group by all",
    )
    assert_equal_money(listed, truth.cost.cents_by_person)
    discounts = marts.execute(
        "select distinct discount_usd, list_cost_basis from marts.person_discounts_monthly"
    ).fetchall()
    assert discounts == [(0, "report")]


def test_what_nobody_caused_is_left_unallocated(
    marts: duckdb.DuckDBPyConnection, truth: GroundTruth
) -> None:
    said = pairs(
        marts,
        f"select 'rest', sum(allocated_cost_usd) from {ATTRIBUTED}"
        " where allocation_method = 'unallocated'",
    )
    assert_equal_money(said, {"rest": truth.cost.unallocated_cents})


def test_old_days_stay_with_the_old_team(
    marts: duckdb.DuckDBPyConnection, truth: GroundTruth
) -> None:
    by_team = pairs(
        marts,
        f"select usage_date::text, team_name, sum(allocated_cost_usd) from {ATTRIBUTED}"
        " group by all",
    )
    assert_equal_money(by_team, truth.cost.cents_by_day_and_team)
    by_center = pairs(
        marts, f"select cost_center, sum(allocated_cost_usd) from {ATTRIBUTED} group by all"
    )
    assert_equal_money(by_center, truth.cost.cents_by_cost_center)
    # Enough for figures of teams to rest on; keys of services are nobody's.
    assigned = sum(cost for (_, team), cost in by_team.items() if team != "unassigned")
    assert Decimal("0.6") < assigned / sum(by_team.values()) < Decimal("0.9")
    changed = marts.execute(
        f"select team_name, min(usage_date)::text >= '2026-09-16',"
        f" max(usage_date)::text < '2026-09-16' from {ATTRIBUTED}"
        " join marts.dim_people using (person_key)"
        " where email_address = 'elif.demir@larkfield.example' group by all order by all"
    ).fetchall()
    assert changed == [("Checkout", False, True), ("Data", True, False)]


def test_each_runaway_is_named_with_what_explains_it(
    marts: duckdb.DuckDBPyConnection, truth: GroundTruth
) -> None:
    rows = marts.execute(
        """
        select usage_date::text, driver_type, email_address, api_key_name
        from marts.cost_anomalies_daily
        left join marts.dim_people on person_key in (scope_id, driver_id)
        left join marts.dim_claude_code_actors on actor_key in (scope_id, driver_id)
        """
    ).fetchall()
    assert len(truth.runaways) == 3
    for runaway in truth.runaways:
        assert any(
            day in runaway.days and driver == runaway.driver and runaway.subject in subjects
            for day, driver, *subjects in rows
        ), runaway


def test_each_day_of_each_budget_equals_the_truth(
    marts: duckdb.DuckDBPyConnection, truth: GroundTruth
) -> None:
    rows = marts.execute(
        """
        select scope_type, lower(coalesce(email_address, workspace_name, scope_id)),
            usage_date::text, budget_usd, actual_cost_usd, forecast_cost_usd,
            forecast_lower_cost_usd, forecast_upper_cost_usd, days_until_exhausted, budget_status
        from marts.budget_status_daily
        left join marts.dim_people on scope_type = 'person' and scope_id = person_key
        left join marts.dim_workspaces on scope_type = 'workspace' and scope_id = workspace_id
        where budget_source = 'seed'
        """
    ).fetchall()
    said = {tuple(key): answer for *key, answer in ((*row[:3], row[3:]) for row in rows)}
    assert said.keys() == truth.budgets.keys()
    for key, (budget, actual, forecast, lower, upper, until, status) in said.items():
        true = truth.budgets[key]
        assert (until, status) == (true.days_until_exhausted, true.status), key
        assert budget == dollars(true.budget_cents), key
        assert abs(actual - dollars(true.actual_cents)) < CENT / 10, key
        for amount, cents in (
            (forecast, true.forecast_cents),
            (lower, true.lower_cents),
            (upper, true.upper_cents),
        ):
            expected = None if cents is None else pytest.approx(cents / 100, abs=0.002)
            assert (None if amount is None else float(amount)) == expected, key
    statuses = {one.status for one in truth.budgets.values()}
    assert statuses == {"exhausted", "forecast_over", "at_risk", "within", "undetermined"}


def test_pull_requests_of_active_people_equal_the_truth(
    marts: duckdb.DuckDBPyConnection, truth: GroundTruth
) -> None:
    rows = marts.execute(
        "select week_start_date::text, team_name, active_person_count,"
        " merged_pull_request_of_active_count, merged_pull_request_count"
        " from marts.pull_requests_per_person_weekly where team_name <> 'all'"
    ).fetchall()
    assert {(week, team): tuple(n) for week, team, *n in rows} == truth.adoption.weeks_by_team
    whole = pairs(
        marts,
        "select week_start_date::text, active_person_count"
        " from marts.pull_requests_per_person_weekly where team_name = 'all' and is_complete_week",
    )
    sundays = {
        week: truth.adoption.active[7][str(date.fromisoformat(week) + timedelta(days=6))]
        for week in whole
    }
    assert whole == sundays
    assert len(whole) == 12


def test_the_waits_of_merged_pull_requests_equal_the_truth(
    marts: duckdb.DuckDBPyConnection, truth: GroundTruth
) -> None:
    rows = marts.execute(
        "select repository, pull_request_number,"
        " cast(round(hours_open_to_merge * 3600) as bigint),"
        " cast(round(hours_open_to_first_review * 3600) as bigint)"
        " from marts.fct_pull_requests where merged_at is not null"
    ).fetchall()
    said = {(repository, number): tuple(waits) for repository, number, *waits in rows}
    assert len(said) > 500
    assert said == {key: truth.flow[key] for key in said}
    assert any(review is None for _, review in said.values())


def test_at_level_team_no_cost_per_outcome_is_of_few_spenders_or_few_authors(
    demo: tuple[Place, str], marts: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    minimum, path = 9, tmp_path / "claude_usage.duckdb"
    publish(demo[0].warehouse, path, Privacy("team", min_people=minimum))
    with duckdb.connect(str(path), read_only=True) as connection:
        shown = connection.execute(
            "select repository, month_start_date from marts.cost_per_outcome_monthly"
            " where scope_type = 'repository'"
        ).fetchall()
    people = marts.execute(
        """
        with spenders as (
            select repository, date_trunc('month', usage_date) as month_start_date,
                count(distinct person_key) as spender_count
            from marts.fct_repository_costs_daily group by all
        ),
        authors as (
            select repository, date_trunc('month', changed_at) as month_start_date,
                count(distinct person_key) filter (claude_attribution = 'with_claude'),
                count(distinct person_key) filter (attribution_liberal = 'with_claude'),
                count(distinct person_key)
            from (
                select *, committed_at as changed_at from marts.fct_commits where not is_merge
                union all by name
                select *, merged_at as changed_at from marts.fct_pull_requests
                where merged_at is not null
            )
            semi join (from marts.dim_people where person_kind <> 'bot') using (person_key)
            group by all
        )
        select * from spenders full join authors using (repository, month_start_date)
        """
    ).fetchall()
    counts = {(repository, month.date()): numbers for repository, month, *numbers in people}
    enough = {
        key
        for key, numbers in counts.items()
        if all((n or 0) in (0, *range(minimum, 99)) for n in numbers)
    }
    # What rests on few is told in `other`, and so is what would tell of it by subtraction.
    named = {key for key in shown if key[0] != "other"}
    assert named <= enough
    assert 0 < len(named) < len(counts)


@pytest.fixture(scope="module")
def metrics() -> Metrics:
    return Metrics(semantic_manifest())


# Metrics, what they are grouped by, a filter, and what the marts say without MetricFlow.
BY_NAME = [
    (
        "allocated_cost_usd",
        "team_name metric_time__month",
        "",
        "select team_name, date_trunc('month', usage_date), sum(allocated_cost_usd)"
        " from marts.fct_cost_attribution_daily group by all",
    ),
    (
        "allocated_cost_usd unallocated_cost_usd unallocated_cost_ratio",
        "metric_time__month",
        "metric_time >= '2026-09-01' and cost_type <> 'web_search'",
        "select date_trunc('month', usage_date), sum(allocated_cost_usd),"
        " sum(if(allocation_method = 'unallocated', allocated_cost_usd, 0)),"
        " sum(if(allocation_method = 'unallocated', allocated_cost_usd, 0))"
        " / sum(allocated_cost_usd) from marts.fct_cost_attribution_daily"
        " where usage_date >= '2026-09-01' and cost_type <> 'web_search' group by all",
    ),
    (
        "billed_cost_usd",
        "workspace_name model",
        "",
        "select workspace_name, model, sum(billed_cost_usd) from marts.fct_billed_costs_daily"
        " join marts.dim_workspaces using (workspace_id) group by all",
    ),
    (
        "estimated_cost_usd claude_code_output_tokens",
        "person",
        "person_kind = 'member'",
        "select person_key, sum(estimated_cost_usd), sum(output_tokens)"
        " from marts.fct_claude_code_model_usage_daily join marts.dim_people using (person_key)"
        " where person_kind = 'member' group by all",
    ),
    (
        "session_count active_person_count",
        "terminal_type",
        "is_complete_day and person_kind in ('member', 'guest')",
        "select terminal_type, sum(session_count), count(distinct person_key)"
        " from marts.fct_claude_code_activity_daily join marts.dim_people using (person_key)"
        " where is_complete_day and person_kind in ('member', 'guest') group by all",
    ),
    (
        "cache_read_ratio",
        "model",
        "",
        "select model, sum(cache_read_tokens) / sum(uncached_input_tokens + cache_read_tokens"
        " + cache_creation_5m_tokens + cache_creation_1h_tokens)"
        " from marts.fct_message_usage_daily group by all",
    ),
    (
        "accepted_count decision_count acceptance_ratio",
        "team_name",
        "",
        "select team_name, sum(accepted_count), sum(decision_count),"
        " sum(accepted_count) / sum(decision_count) from marts.tool_acceptance_daily group by all",
    ),
    (
        "merged_pull_request_with_claude_upper_count merged_pull_request_with_claude_upper_ratio",
        "team_name",
        "",
        "select team_name, sum((attribution_liberal = 'with_claude')::int),"
        " avg((attribution_liberal = 'with_claude')::int)"
        " from marts.fct_pull_requests where merged_date is not null group by all",
    ),
    (
        "commit_with_claude_upper_count commit_with_claude_upper_ratio",
        "team_name",
        "",
        "select team_name, sum((attribution_liberal = 'with_claude')::int),"
        " avg((attribution_liberal = 'with_claude')::int)"
        " from marts.fct_commits where not is_merge group by all",
    ),
    (
        "merged_pull_request_count merged_pull_request_with_claude_ratio",
        "team_name",
        "",
        "select team_name, sum(merged_pull_request_count), sum(merged_pull_request_count)"
        " filter (claude_attribution = 'with_claude') / sum(merged_pull_request_count)"
        " from marts.contributions_weekly group by all having sum(merged_pull_request_count) > 0",
    ),
    (
        "effective_lines_added effective_lines_added_with_claude_ratio",
        "repository",
        "",
        "select repository, sum(effective_lines_added), sum(effective_lines_added)"
        " filter (claude_attribution = 'with_claude') / sum(effective_lines_added)"
        " from marts.fct_pull_requests where merged_at is not null group by all",
    ),
    (
        "commit_count commit_with_claude_ratio",
        "repository metric_time__week",
        "",
        "select repository, week_start_date, sum(commit_count), coalesce(sum(commit_count)"
        " filter (claude_attribution = 'with_claude'), 0) / sum(commit_count)"
        " from marts.contributions_weekly group by all having sum(commit_count) > 0",
    ),
    (
        "active_28d_count stickiness_ratio seats_never_used_ratio",
        "metric_time__day",
        "",
        "select usage_date, active_28d_count, active_person_days_28d_count"
        " / possible_person_days_28d_count, seats_never_used_count / seat_count"
        " from marts.adoption_daily where organization_id = 'all' and team_name = 'all'",
    ),
    (
        "merged_pull_request_of_active_count active_person_week_count"
        " merged_pull_requests_per_active_person_week",
        "team_name",
        "",
        "select team_name, sum(merged_pull_request_of_active_count), sum(active_person_count),"
        " sum(merged_pull_request_of_active_count) / nullif(sum(active_person_count), 0)"
        " from marts.pull_requests_per_person_weekly"
        " where team_name <> 'all' and is_complete_week group by all",
    ),
    (
        "active_7d_count",
        "team_name",
        "",
        "select team_name, active_7d_count from marts.adoption_daily"
        " where organization_id = 'all' and team_name <> 'all' and usage_date = '2026-10-31'",
    ),
    (
        "team_budget_usd team_budget_spent_usd team_budget_used_ratio",
        "team_name metric_time__month",
        "team_name is not null",
        "select scope_id, month_start_date, budget_usd, actual_cost_usd,"
        " actual_cost_usd / budget_usd from marts.budget_status_daily where scope_type = 'team'"
        " and usage_date in (date '2026-08-31', date '2026-09-30', date '2026-10-31')",
    ),
    (
        "report_coverage_ratio author_coverage_ratio",
        "metric_time__month",
        "",
        "select date_trunc('month', usage_date),"
        " sum(complete_report_count) / sum(expected_report_count),"
        " sum(commits_of_mapped_authors_count) / sum(commit_count)"
        " from marts.coverage_daily group by all",
    ),
]


def comparable(rows: Any) -> list[tuple[Any, ...]]:
    """Return rows in one order; days without a time, shares to twelve places."""
    plain = [
        tuple(
            value.date()
            if isinstance(value, datetime)
            else round(value, 12)
            if isinstance(value, float)
            else value
            for value in row
        )
        for row in rows
    ]
    return sorted(plain, key=str)


@pytest.mark.parametrize(
    ("names", "by", "where", "query"), BY_NAME, ids=[one[0].split()[-1] for one in BY_NAME]
)
def test_a_metric_by_name_says_what_the_marts_say(
    demo: tuple[Place, str],
    marts: duckdb.DuckDBPyConnection,
    metrics: Metrics,
    names: str,
    by: str,
    where: str,
    query: str,
) -> None:
    settings = Settings(warehouse_path=demo[0].warehouse)

    answer = ask(settings, metrics, names.split(), by.split(), where)

    assert answer.columns == [*by.split(), *names.split()]
    assert answer.rows
    assert comparable(answer.rows) == comparable(marts.execute(query).fetchall())


def test_each_metric_answers_but_of_limits_that_nobody_set(
    demo: tuple[Place, str], metrics: Metrics
) -> None:
    settings = Settings(warehouse_path=demo[0].warehouse)

    silent = {
        name
        for name in metrics.descriptions
        if not ask(settings, metrics, [name], ["metric_time__month"]).rows
    }

    assert all(name.startswith("spend_limit_") for name in silent), silent


def test_the_command_prints_metrics_for_programs_to_the_last_place(
    demo: tuple[Place, str], marts: duckdb.DuckDBPyConnection
) -> None:
    finished = demo[0].run(
        *("query", "allocated_cost_usd", "--by", "team_name,metric_time__month"),
        *("--where", "team_name <> 'unassigned'", "--format", "csv"),
    )

    assert finished.returncode == 0, finished.stderr
    header, *rows = csv.reader(finished.stdout.splitlines())
    assert header == ["team_name", "metric_time__month", "allocated_cost_usd"]
    expected = marts.execute(
        "select team_name, date_trunc('month', usage_date)::date::text as month_start_date,"
        " sum(allocated_cost_usd)::text from marts.fct_cost_attribution_daily"
        " where team_name <> 'unassigned' group by all order by all"
    ).fetchall()
    assert [tuple(row) for row in rows] == expected


@pytest.fixture(scope="module")
def sent(server: DemoServer, tmp_path_factory: pytest.TempPathFactory) -> TelemetryTruth:
    return write_telemetry(server.organisation, tmp_path_factory.mktemp("sent"))


def test_telemetry_equals_what_was_sent_by_person_day_and_model(
    marts: duckdb.DuckDBPyConnection, sent: TelemetryTruth
) -> None:
    by = (
        "select email_address, usage_date::text, model, {} from marts.fct_telemetry_usage_daily"
        " join marts.dim_people using (person_key) group by all"
    )
    tokens = "sum(uncached_input_tokens + cache_read_tokens + cache_creation_5m_tokens"
    tokens += " + cache_creation_1h_tokens + output_tokens)"
    assert pairs(marts, by.format("sum(request_count)")) == sent.requests
    assert pairs(marts, by.format(tokens)) == sent.tokens
    cost = pairs(marts, by.format("sum(estimated_cost_usd)"))
    assert cost == {key: dollars(cents) for key, cents in sent.cents.items()}


def test_telemetry_tells_tools_activity_and_who_stopped(
    marts: duckdb.DuckDBPyConnection, sent: TelemetryTruth
) -> None:
    calls = "select tool_name, decision, sum(call_count) from marts.fct_telemetry_tools_daily"
    assert pairs(marts, f"{calls} group by all") == sent.calls
    activity = marts.execute(
        "select sum(commit_count), sum(lines_added) from marts.fct_telemetry_activity_daily"
    ).fetchone()
    assert activity == (sent.commits, sent.lines_added)
    machines = pairs(
        marts,
        "select email_address, is_silent from marts.telemetry_machines"
        " join marts.dim_people using (person_key)",
    )
    assert machines.keys() == sent.senders
    assert {email for email, is_silent in machines.items() if is_silent} == sent.silent
    agents = marts.execute(
        "select distinct agent_name from marts.fct_telemetry_usage_daily order by all"
    ).fetchall()
    # What somebody called an agent of their own is not told.
    assert agents == [("Explore",), ("custom",), (None,)]


def test_levers_of_the_context_equal_what_was_planted(
    marts: duckdb.DuckDBPyConnection, sent: TelemetryTruth
) -> None:
    """To the last digit, of whoever has no transcripts besides."""
    rows = marts.execute(
        "select email_address, lever, request_count, token_count, spent_usd, saving_usd"
        " from marts.context_efficiency_monthly join marts.dim_people"
        " on scope_type = 'person' and scope_id = person_key"
        " where usage_sources = 'telemetry' and token_count > 0"
    ).fetchall()

    found = {tuple(row[:2]): tuple(row[2:]) for row in rows}
    assert len(found) == len(rows)
    assert {lever for _, lever in found} == {lever for _, lever in sent.levers}
    # Telemetry alone tells of these.
    told = {key for key in sent.levers if key[1] in ("compaction", "tool_results")}
    assert told == {key for key in found if key[1] in ("compaction", "tool_results")}
    for key, (requests, tokens, spent, saving) in found.items():
        lever = sent.levers[key]
        assert tokens == lever.tokens, key
        assert spent == dollars(lever.spent_cents), key
        assert saving == (None if key[1] == "compaction" else dollars(lever.saving_cents)), key
        assert key[1] == "tool_results" or requests == lever.requests, key


def test_transcripts_of_machines_equal_the_truth(
    marts: duckdb.DuckDBPyConnection, server: DemoServer, tmp_path: Path
) -> None:
    organisation = server.organisation
    machines = write_machines(organisation.people, organisation.days, tmp_path, MACHINES_SEED)
    rows = marts.execute(
        """
        select
            email_address, billing_basis, usage_date::text, model, is_subagent, response_count,
            uncached_input_tokens, cache_read_tokens, cache_creation_5m_tokens,
            cache_creation_1h_tokens, output_tokens
        from marts.fct_local_usage_daily
        left join marts.dim_people using (person_key)
        """
    ).fetchall()

    assert set(rows) == {
        (one.person.email, one.billing_basis, *key, *counts.values())
        for one in machines
        for key, counts in one.truth.items()
    }
    # All models have a price.
    unpriced, incomplete = marts.execute(
        "select sum(unpriced_response_count), string_agg(distinct usage_date::text) filter"
        " (not is_complete_day) from marts.fct_local_usage_daily"
    ).fetchall()[0]
    assert unpriced == 0
    assert incomplete in (None, str(organisation.last_day))
