"""Facts of telemetry, from files as they come to the marts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hand_made_warehouse import Warehouse
from pydantic import SecretStr

from claude_usage.people import identities
from ingestion import warehouse
from ingestion.forgetting.identities import new_person, replacements
from ingestion.forgetting.tables import rewrite
from ingestion.hashing import identity_hash
from ingestion.settings import Settings
from ingestion.telemetry.load import load_telemetry
from tests.source_samples import OTLP, TRANSCRIPTS, needs
from tests.telemetry_samples import SALT, event, line, logs, metric, request

FACTS = (
    "fct_telemetry_usage_daily",
    "fct_telemetry_tools_daily",
    "fct_telemetry_activity_daily",
    "telemetry_machines",
)


def _hash(address: str) -> str:
    return identity_hash(address, SALT)


class Telemetry:
    """A folder of files, and the marts that are made of it."""

    def __init__(self, stored: Warehouse) -> None:
        self.stored = stored
        self.drop, seeds = stored.folder / "drop", stored.folder / "seeds"
        self.drop.mkdir()
        seeds.mkdir()
        stored.environment |= {"IDENTITY_SALT": SALT, "SEEDS_PATH": str(seeds)}
        people = ["dana@corp.example", "eli@corp.example"]
        (seeds / "identity_map.csv").write_text(
            "person_email,identity_type,identity_value\n"
            + "".join(f"{one},email,{one}\n" for one in people)
        )

    def put(self, *messages: Mapping[str, Any]) -> None:
        name = f"{len(list(self.drop.iterdir()))}.jsonl"
        (self.drop / name).write_bytes(b"".join(map(line, messages)))

    def load(self) -> None:
        settings = Settings(
            telemetry_path=self.drop,
            warehouse_path=self.stored.path,
            identity_salt=SecretStr(SALT),
        )
        assert load_telemetry(settings, run_id="one").failures == []

    def build(self) -> None:
        self.load()
        self.build_marts()

    def build_marts(self) -> None:
        self.stored.dbt("seed")
        models = (*(f"+{name}" for name in FACTS), "+dim_people", "path:models/staging/telemetry")
        self.stored.dbt(
            *("build", "--select", *models, "--exclude", "resource_type:seed"),
            *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
        )
        selected = ("--select", *FACTS, "int_hashed_people", "path:models/staging/telemetry")
        self.stored.dbt("test", *selected, "--indirect-selection", "cautious")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.stored.rows(query)


@pytest.fixture
def telemetry(stored: Warehouse) -> Telemetry:
    return Telemetry(stored)


@needs(OTLP)
def test_marts_have_the_sums_of_real_files(telemetry: Telemetry) -> None:
    expected = json.loads((OTLP / "expected.json").read_text())
    for name in ("logs_http_json.jsonl", "metrics_delta_http_json.jsonl"):
        shutil.copy(OTLP / name, telemetry.drop)
        shutil.copy(OTLP / name, telemetry.drop / f"again-{name}")
    telemetry.build()
    ((requests, cost, list_cost, *tokens),) = telemetry.rows(
        "select sum(request_count), sum(estimated_cost_usd), sum(list_cost_usd),"
        " sum(uncached_input_tokens), sum(output_tokens), sum(cache_read_tokens),"
        " sum(cache_creation_5m_tokens), sum(cache_creation_1h_tokens)"
        " from marts.fct_telemetry_usage_daily"
    )
    sums = expected["metrics_delta_sums"]
    assert requests == 18
    assert cost == list_cost == Decimal("0.1576185")
    assert tokens[:3] == [sums["input"], sums["output"], sums["cacheRead"]]
    # An hour's are twice as many in these files.
    assert tokens[3:] == [sums["cacheCreation"] / 3, sums["cacheCreation"] * 2 / 3]
    assert telemetry.rows(
        "select event_cost_usd = metric_cost_usd, request_count from marts.telemetry_machines"
    ) == [(True, 18)]
    assert telemetry.rows(
        "select sum(session_start_count), sum(commit_count) from marts.fct_telemetry_activity_daily"
    ) == [(13, 1)]
    assert telemetry.rows(
        "select sum(call_count), sum(failed_call_count) from marts.fct_telemetry_tools_daily"
    ) == [(7, 0)]
    (day,) = telemetry.rows(
        "select count(distinct session_id) from staging.stg_telemetry__requests"
    )
    assert day == (5,)
    # Telemetry alone tells of compactions.
    compactions = telemetry.rows(
        "select request_id from intermediate.int_telemetry_requests where query_source = 'compact'"
    )
    assert sorted(one for (one,) in compactions) == sorted(
        json.loads((TRANSCRIPTS / "expected.json").read_text())[
            "answered_but_not_in_any_transcript"
        ]
    )
    other = dict(
        telemetry.rows("select record_name, record_count from staging.stg_telemetry__other")
    )
    facts = {"api_request", "tool_decision", "tool_result"}
    assert other == {name: count for name, count in expected["events"].items() if name not in facts}
    assert telemetry.rows(
        "select distinct team_name, cost_center from marts.fct_telemetry_usage_daily"
    ) == [("t-042", "cc-7")]


def test_counters_and_increments_add_up_in_any_order(telemetry: Telemetry) -> None:
    day = 86_400
    name = "claude_code.commit.count"
    # Two processes of one session: each counts from its own start.
    telemetry.put(metric(name, (0, 50, 5.0), (0, 20, 2.0)))
    telemetry.put(metric(name, (100, 110, 1.0), (100, day + 200, 4.0)))
    telemetry.put(metric(name, (0, 50, 5.0), (0, 10, 1.0)))
    # Increments, one of them sent again.
    pulls = metric("claude_code.pull_request.count", (0, 10, 1.0), (10, 20, 1.0), temporality=1)
    telemetry.put(pulls)
    telemetry.put(pulls)
    telemetry.put(metric("claude_code.of_tomorrow", (0, 10, 1.0)))
    telemetry.build()
    assert telemetry.rows(
        "select usage_date::varchar, commit_count, pull_request_count, lines_added"
        " from marts.fct_telemetry_activity_daily order by all"
    ) == [("2026-11-27", 6, 2, None), ("2026-11-28", 3, None, None)]
    assert telemetry.rows("from staging.stg_telemetry__other") == [
        ("point", "other", date(2026, 11, 27), 1)
    ]


def test_requests_are_people_s_and_counted_once(telemetry: Telemetry) -> None:
    dana = {"user__email": "Dana@Corp.example", "team__id": "platform"}
    telemetry.put(
        logs(request("r1", query_source="sdk"), **dana),
        logs(request("r1", query_source="sdk"), request(None, 7), request(None, 7)),
        logs(request(None, 8, model="claude-of-tomorrow-9"), user__email="who@else.example"),
        logs(
            request(
                "r2",
                9,
                model="us.anthropic.claude-sonnet-4-5-20250929-v1:0",
                cache_creation_tokens=1000,
                session__id="s-2",
                query_source="repl_main_thread",
            ),
            **dana,
        ),
        # Not a request: it was refused.
        logs(event("api_error", 3, error="overloaded", status_code=529)),
    )
    telemetry.build()
    found = telemetry.rows(
        "select dim_people.email_address, session_kind, usage.team_name, usage.model,"
        " request_count, session_count, cache_creation_5m_tokens, estimated_cost_usd,"
        " list_cost_usd, unpriced_request_count"
        " from marts.fct_telemetry_usage_daily as usage"
        " left join marts.dim_people using (person_key) order by all"
    )
    unit, sonnet = Decimal("0.001215"), "claude-sonnet-4-5"
    assert found == [
        ("dana@corp.example", "headless", "platform", sonnet, 1, 1, 0, unit, unit, 0),
        (
            *("dana@corp.example", "interactive", "platform", f"{sonnet}-20250929"),
            *(1, 1, 1000, unit, unit + Decimal("0.00375"), 0),
        ),
        (None, "headless", "unassigned", "claude-of-tomorrow-9", 1, 1, 0, unit, None, 1),
        (None, "headless", "unassigned", sonnet, 1, 1, 0, unit, unit, 0),
    ]


def test_calls_of_tools_are_decided_and_ended_once(telemetry: Telemetry) -> None:
    def decision(identifier: str, tool: str, said: str) -> dict[str, Any]:
        return event("tool_decision", 1, tool_use_id=identifier, tool_name=tool, decision=said,
                     tool_source="builtin")  # fmt: skip

    def result(identifier: str, tool: str, success: str) -> dict[str, Any]:
        return event("tool_result", 2, tool_use_id=identifier, tool_name=tool, success=success,
                     duration_ms="40", tool_result_size_bytes="7")  # fmt: skip

    telemetry.put(
        logs(decision("t1", "Bash", "accept"), result("t1", "Bash", "true")),
        logs(result("t2", "Bash", "false"), decision("t2", "Bash", "accept")),
        logs(decision("t3", "Edit", "reject")),
        logs(result("t4", "mcp__secret__tool", "true")),
        logs(result("t1", "Bash", "true")),
    )
    telemetry.build()
    assert telemetry.rows(
        "select tool_name, tool_source, decision, call_count, failed_call_count,"
        " unfinished_call_count, duration_ms, result_bytes"
        " from marts.fct_telemetry_tools_daily order by all"
    ) == [
        ("Bash", "builtin", "accept", 2, 1, 0, 80, 14),
        ("Edit", "builtin", "reject", 1, 0, 1, None, None),
        ("custom", "unknown", "unknown", 1, 0, 0, 40, 7),
    ]


def test_a_machine_that_falls_silent_is_listed(telemetry: Telemetry) -> None:
    day = 86_400
    sent = {"daily": range(12), "rare": (0, 11), "stopped": range(3)}
    for name, days in sent.items():
        telemetry.put(
            logs(*(request(f"{name}-{one}", one * day, user__id=name * 10) for one in days))
        )
    telemetry.load()
    # As if the last load had been eleven days after the first request.
    telemetry.stored.execute(
        "update raw_telemetry.completeness_ledger set last_fetched_at = '2026-12-08 12:00:00+00'"
    )
    telemetry.build_marts()
    assert telemetry.rows(
        "select request_count, silent_days, longest_gap_days, is_silent"
        " from marts.telemetry_machines order by request_count"
    ) == [(2, 0, 11, False), (3, 9, 1, True), (12, 0, 1, False)]


def test_hashes_that_lead_to_a_person_are_forgotten_and_figures_stay(telemetry: Telemetry) -> None:
    shared = {"user__id": "c" * 64}
    telemetry.put(
        logs(request("r1"), user__email="dana@corp.example", user__account_uuid="d" * 36),
        logs(request("r2", **shared), user__email="dana@corp.example"),
        logs(request("r3", **shared), user__email="eli@corp.example"),
    )
    own, shared_machine, project = "e" * 32, "f" * 32, "9" * 32
    telemetry.stored.execute(
        "insert into raw_local.responses by name select *, 0 as uncached_input_tokens,"
        " 0 as cache_read_tokens, 0 as cache_creation_5m_tokens, 0 as cache_creation_1h_tokens,"
        " 1 as output_tokens, false as is_subagent, 'claude-opus-4-8' as model,"
        " timestamptz '2026-11-27 10:00:00+00' as first_at from (values"
        f" ('m1', '{own}', '{_hash('dana@corp.example')}', '{project}'),"
        f" ('m2', '{shared_machine}', '{_hash('dana@corp.example')}', '{project}'),"
        f" ('m3', '{shared_machine}', '{_hash('eli@corp.example')}', null),"
        f" ('m4', '{'1' * 32}', '{_hash('who@else.example')}', null)"
        ") as rows(message_id, machine_key, actor_hash, project_key)"
    )
    telemetry.build()
    telemetry.stored.dbt("run", "--select", "+int_local_responses_priced")
    ((person, dana, machine, account),) = telemetry.rows(
        "select person_key, identity_hash, machine_key, account_key"
        " from intermediate.int_telemetry_requests where request_id = 'r1'"
    )
    # The command looks there too.
    telemetry.stored.dbt("run", "--select", "stg_github__organization_member_versions")
    with warehouse.connect(telemetry.stored.path, read_only=True) as connection:
        found = identities(connection, person)
    assert set(found["hash"]) == {dana, machine, account, own, project}
    with warehouse.writing(telemetry.stored.path):
        rewrite(telemetry.stored.path, replacements(new_person(), {"hash": found["hash"]}))
    left = telemetry.rows(
        "select identity_hash, machine_key, account_key from raw_telemetry.events"
    )
    assert len(left) == 3
    assert {dana, machine, account}.isdisjoint(one for row in left for one in row)
    exported = telemetry.rows(
        "select machine_key, actor_hash, project_key from raw_local.responses"
    )
    assert len(exported) == 4
    assert {dana, own, project}.isdisjoint(one for row in exported for one in row)
    # What others use too, and who nobody knows, stays as it is.
    assert {shared_machine, "1" * 32} <= {machine_key for machine_key, _, _ in exported}
    # What is loaded already does not come back with its file.
    telemetry.put(logs(request("r4")))
    telemetry.load()
    assert telemetry.rows("select count(*) from raw_telemetry.events") == [(4,)]


def test_without_telemetry_all_tables_are_empty(telemetry: Telemetry) -> None:
    telemetry.build_marts()
    for name in FACTS:
        assert telemetry.rows(f"select count(*) from marts.{name}") == [(0,)]
