"""A tiny warehouse of raw answers and marts that agree, written by hand and copied per test."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from ingestion.anthropic.source import ANTHROPIC
from ingestion.litellm.tables import TABLES as GATEWAY_TABLES
from ingestion.local.tables import TABLES as LOCAL_TABLES
from ingestion.telemetry.source import TELEMETRY

DAYS = ("2026-11-01", "2026-11-02", "2026-11-03")
MAIL = "ada@example.com"


@pytest.fixture(scope="session")
def green_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("green") / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        _write_raw_tables(connection)
        _write_anthropic_answers(connection)
        _write_github_answers(connection)
        _write_gateway_answers(connection)
        _write_telemetry(connection)
        _write_exports(connection)
        _write_ledger(connection)
        for statement in MARTS.split(";\n"):
            if statement.strip():
                connection.execute(statement)
    return path


@pytest.fixture
def warehouse(green_warehouse: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(green_warehouse, tmp_path / "warehouse.duckdb"))


@pytest.fixture(scope="session")
def empty_warehouse(green_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same tables for an organisation of which nothing was loaded yet."""
    path = Path(shutil.copy(green_warehouse, tmp_path_factory.mktemp("empty") / "w.duckdb"))
    with duckdb.connect(str(path)) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
        ).fetchall()
        for (table,) in tables:
            connection.execute(f"delete from {table}")
        connection.execute(
            "insert into marts.dim_people values ('unknown', 'unknown', false, null)"
        )
        connection.execute(
            "insert into marts.dim_workspaces values ('default', 'Default', false, null)"
        )
        connection.execute("insert into marts.dim_api_keys values ('none', 'none', false, null)")
    return path


def _write_raw_tables(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema marts")
    for schema in ("raw_anthropic", "raw_github", "raw_litellm", "raw_telemetry", "raw_local"):
        connection.execute(f"create schema {schema}")
    for table in (*GATEWAY_TABLES, *LOCAL_TABLES):
        connection.register("empty_rows", table.schema.empty_table())
        connection.execute(f"create table {table.qualified_name} as from empty_rows")
        connection.unregister("empty_rows")
    for table in ANTHROPIC.tables:
        connection.execute(
            f"create table {table.qualified_name} (window_key varchar, page_number bigint,"
            " body varchar, fetched_at timestamptz, run_id varchar)"
        )
    connection.execute(
        "create table raw_anthropic.record_revisions (endpoint varchar, window_key varchar,"
        " change varchar, record varchar, record_count bigint, revised_at timestamptz)"
    )
    for source in ("anthropic", "github", "litellm", "telemetry", "local"):
        connection.execute(
            f"create table raw_{source}.completeness_ledger (source varchar, endpoint varchar,"
            " window_key varchar, window_start timestamptz, window_end timestamptz,"
            " status varchar, record_count bigint, last_fetched_at timestamptz, error varchar,"
            " revision_count bigint)"
        )
    for table in TELEMETRY.tables:
        connection.register("empty_rows", table.schema.empty_table())
        connection.execute(f"create table {table.qualified_name} as from empty_rows")
        connection.unregister("empty_rows")
    connection.execute("create table raw_github.repositories (repository_id bigint)")
    connection.execute(
        "create table raw_github.commits (repository_id bigint, commit_sha varchar, body varchar,"
        " left_default_branch_at timestamptz, fetched_at timestamptz, run_id varchar)"
    )
    connection.execute(
        "create table raw_github.pull_requests (repository_id bigint, pull_request_number bigint,"
        " body varchar, fetched_at timestamptz, run_id varchar)"
    )


def _record(sessions: int, cents: float | str) -> dict[str, object]:
    return {
        "date": "2026-11-01T00:00:00Z",
        "actor": {"type": "user_actor", "email_address": MAIL},
        "core_metrics": {
            "num_sessions": sessions,
            "lines_of_code": {"added": 40, "removed": 7},
            "commits_by_claude_code": 2,
            "pull_requests_by_claude_code": 1,
        },
        "tool_actions": {"edit_tool": {"accepted": 3, "rejected": 1}},
        "model_breakdown": [
            {
                "model": "claude-opus-4-8",
                "tokens": {"input": 10, "output": 20, "cache_read": 300, "cache_creation": 4},
                "estimated_cost": {"amount": cents, "currency": "USD"},
            }
        ],
    }


def _activity(sessions: int, lines: int) -> dict[str, object]:
    metrics = {"distinct_session_count": sessions, "lines_of_code": {"added_count": lines}}
    return {"claude_code_metrics": {"core_metrics": metrics}}


def _add_page(connection: duckdb.DuckDBPyConnection, table: str, key: str, body: object) -> None:
    connection.execute(
        f"insert into raw_anthropic.{table} values (?, 1, ?, now(), 'run')", [key, json.dumps(body)]
    )


def _write_anthropic_answers(connection: duckdb.DuckDBPyConnection) -> None:
    # 270.1234567 cents cannot be kept in six places of a dollar: 2.701235.
    records = {DAYS[0]: [_record(4, 270.1234567), _record(1, 30)], DAYS[1]: [_record(2, 0.5)]}
    result = {
        "uncached_input_tokens": 12_000,
        "output_tokens": 500,
        "cache_read_input_tokens": 9_000_000_000,
        "cache_creation": {"ephemeral_5m_input_tokens": 6, "ephemeral_1h_input_tokens": 7},
        "server_tool_use": {"web_search_requests": 3},
    }
    costs = [{"amount": "96.2512345678", "currency": "USD"}, {"amount": "3.75", "currency": "USD"}]
    for day in DAYS:
        page = {"data": records.get(day, []), "has_more": False, "next_page": None}
        _add_page(connection, "usage_report_claude_code", day, page)
        starting = f"{day}T00:00:00Z"
        results = [] if day == DAYS[2] else [result]
        bucket = {"starting_at": starting, "results": results}
        _add_page(connection, "usage_report_messages", day, bucket)
        bucket = {"starting_at": starting, "results": [] if day == DAYS[2] else costs}
        _add_page(connection, "cost_report", day, bucket)
    # The newer report has the last day too, and is the one that counts.
    row = {"cost": {"amount": "12.5", "list_amount": "13", "currency": "USD"}}
    _add_page(connection, "analytics_cost", DAYS[2], {"data": [row]})
    people = [_activity(sessions=2, lines=5), _activity(sessions=0, lines=0)]
    _add_page(connection, "enterprise_user_activity", DAYS[1], {"data": people})
    users = [{"id": "user_1", "email": MAIL}]
    _add_page(connection, "users", "current", {"data": users})
    _add_page(connection, "workspaces", "current", {"data": [{"id": "wrkspc_1"}]})
    _add_page(connection, "workspace_members", "wrkspc_1", {"data": [{"user_id": "user_1"}]})
    _add_page(connection, "api_keys", "current", {"data": [{"id": "apikey_1"}]})


def _write_github_answers(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("insert into raw_github.repositories values (1), (2)")
    for sha, parents, added in (("aaa", 1, 10), ("bbb", 1, 20), ("ccc", 2, 30)):
        body = {
            "message": f"Fix it\n\nCo-authored-by: Ada <{MAIL}>",
            "additions": added,
            "deletions": 5,
            "parents": {"totalCount": parents},
        }
        connection.execute(
            "insert into raw_github.commits values (1, ?, ?, null, now(), 'run')",
            [sha, json.dumps(body)],
        )
    for number, merged_at in ((1, "2026-11-02T10:00:00Z"), (2, None)):
        body = {"additions": 50, "deletions": 6, "mergedAt": merged_at}
        connection.execute(
            "insert into raw_github.pull_requests values (1, ?, ?, now(), 'run')",
            [number, json.dumps(body)],
        )


def _write_telemetry(connection: duckdb.DuckDBPyConnection) -> None:
    # One request was sent twice, by two ways.
    connection.execute(
        "insert into raw_telemetry.events by name"
        " select row_key, 'api_request' as event_name, if(row_key = 'c', 'compact', 'sdk') as"
        " query_source, epoch_ns(timestamp '2026-11-02 10:00:00')"
        " as time_ns, request_id, 'machine_1' as machine_key, '0.1576185' as cost_usd"
        " from (values ('a', 'req_1'), ('b', 'req_1'), ('c', null)) as rows(row_key, request_id)"
        " union all by name select 'd' as row_key, 'tool_result' as event_name, 0 as time_ns"
    )
    connection.execute(
        "insert into raw_telemetry.points by name"
        " select 'e' as row_key, 'commit.count' as metric_name, 0 as time_ns, 0 as start_ns,"
        " 1.0 as value, 'machine_1' as machine_key"
    )


def _write_ledger(connection: duckdb.DuckDBPyConnection) -> None:
    counts = {
        "usage_report_claude_code": (2, 1, 0),
        "usage_report_messages": (1, 1, 0),
        "cost_report": (2, 2, 0),
    }
    insert = (
        "insert into raw_{}.completeness_ledger values (?, ?, ?, cast(? as timestamptz),"
        " cast(? as timestamptz) + interval 1 day, 'complete', ?, '2026-11-04 06:00:00+00', null,"
        " 0)"
    )
    for endpoint, day, count in (
        ("analytics_cost", DAYS[2], 1),
        ("enterprise_user_activity", DAYS[1], 2),
    ):
        start = f"{day} 00:00:00+00"
        values = ["anthropic", endpoint, day, start, start, count]
        connection.execute(insert.format("anthropic"), values)
    for endpoint, by_day in counts.items():
        for day, count in zip(DAYS, by_day, strict=True):
            start = f"{day} 00:00:00+00"
            values = ["anthropic", endpoint, day, start, start, count]
            connection.execute(insert.format("anthropic"), values)
    for endpoint, key in (
        ("users", "current"),
        ("workspaces", "current"),
        ("workspace_members", "wrkspc_1"),
        ("api_keys", "current"),
    ):
        values = ["anthropic", endpoint, key, None, None, 1]
        connection.execute(insert.format("anthropic"), values)
    for endpoint, one, two in (("commits", 3, 0), ("pull_requests", 2, 0)):
        for key, count in (("1", one), ("2", two)):
            values = ["github", endpoint, key, None, None, count]
            connection.execute(insert.format("github"), values)


def _write_gateway_answers(connection: duckdb.DuckDBPyConnection) -> None:
    """Two requests in a day, of which one failed, and the sums that the gateway made of them."""
    connection.execute(
        """
        insert into raw_litellm.requests by name
        select * from (values
            ('msg_1', timestamptz '2026-11-01 10:00:00+00', 'success', 0.0094314, 1731, 40, 220,
                1500),
            ('call-2', timestamptz '2026-11-01 23:59:59.9+00', 'failure', 0, 15, 0, null, null)
        ) as rows(request_id, started_at, status, spend_usd, prompt_tokens, completion_tokens,
            cache_read_tokens, cache_creation_tokens)
        """
    )
    connection.execute(
        """
        insert into raw_litellm.daily_totals by name
        select 'user' as entity, date '2026-11-01' as usage_date, 0.0094314 as spend_usd,
            1746 as prompt_tokens, 2 as request_count, 1 as failed_request_count
        """
    )
    connection.execute(
        "insert into raw_litellm.completeness_ledger values ('litellm', 'requests', ?, ?, ?,"
        " 'complete', 2, '2026-11-04 06:00:00+00', null, 0)",
        [DAYS[0], f"{DAYS[0]} 00:00:00+00", f"{DAYS[1]} 00:00:00+00"],
    )


def _write_exports(connection: duckdb.DuckDBPyConnection) -> None:
    """Two responses in the last moment of a day and the first of the next."""
    connection.execute(
        """
        insert into raw_local.responses by name
        select *, 'a' as machine_key, 11 as uncached_input_tokens, 220 as cache_read_tokens,
            500 as cache_creation_5m_tokens, 1000 as cache_creation_1h_tokens
        from (values
            ('msg_1', timestamptz '2026-11-01 23:59:59.9+00', 40),
            ('msg_2', timestamptz '2026-11-02 00:00:00+00', 50)
        ) as rows(message_id, first_at, output_tokens)
        """
    )


MARTS = """
create table marts.fct_gateway_usage_daily as
select * replace (cast(claimed_cost_usd as decimal(24, 12)) as claimed_cost_usd)
from (values
    (date '2026-11-01', 'litellm', 'claude-opus-4-8', 'success', 1, 0, 11, 40, 220, 500, 1000,
        0.0094314),
    (date '2026-11-01', 'litellm', 'claude-opus-4-8', 'failure', 1, 1, 0, 0, 0, 0, 0, 0)
) as rows(usage_date, gateway, model, request_status, request_count, failed_request_count,
    uncached_input_tokens, output_tokens, cache_read_tokens, cache_creation_5m_tokens,
    cache_creation_1h_tokens, claimed_cost_usd);

create table marts.gateway_reconciliation_daily as
select date '2026-11-01' as usage_date, 2 as request_count,
    cast(0.0094314 as decimal(24, 12)) as claimed_cost_usd,
    cast(0.0094314 as decimal(24, 12)) as priced_claimed_cost_usd,
    cast(0.0094314 as decimal(24, 12)) as list_cost_usd,
    cast(0 as decimal(24, 12)) as claimed_above_list_usd;

create table marts.fct_local_usage_daily as
select * replace (cast(list_cost_usd as decimal(24, 12)) as list_cost_usd)
from (values
    (date '2026-11-01', 'claude-opus-4-8', 1, 11, 220, 500, 1000, 40, 0.0094314),
    (date '2026-11-02', 'claude-opus-4-8', 1, 11, 220, 500, 1000, 50, 0.0094314)
) as rows(usage_date, model, response_count, uncached_input_tokens, cache_read_tokens,
    cache_creation_5m_tokens, cache_creation_1h_tokens, output_tokens, list_cost_usd);

create table marts.data_completeness as
select
    source as source_system,
    endpoint,
    window_key,
    status as completeness_status,
    error as error_message,
    record_count,
    revision_count,
    status = 'complete' as is_complete,
    window_start at time zone 'UTC' as window_started_at,
    window_end at time zone 'UTC' as window_ended_at,
    last_fetched_at at time zone 'UTC' as last_fetched_at,
from (
    from raw_anthropic.completeness_ledger union all from raw_github.completeness_ledger
    union all from raw_litellm.completeness_ledger
    union all from raw_local.completeness_ledger
);

create table marts.fct_claude_code_activity_daily as
select * from (values
    ('usage_report_claude_code', date '2026-11-01', 'actor_1', 'user_actor', 'person_1', 'vscode',
        4, 40, 7, 2, 1, true),
    ('usage_report_claude_code', date '2026-11-01', 'actor_1', 'user_actor', 'person_1', 'tmux',
        1, 40, 7, 2, 1, true),
    ('usage_report_claude_code', date '2026-11-02', 'actor_1', 'user_actor', 'person_1', 'tmux',
        2, 40, 7, 2, 1, true),
    ('enterprise_user_activity', date '2026-11-02', 'actor_1', 'user_actor', 'person_1', 'unknown',
        2, 5, 0, 0, 0, true)
) as rows(source_report, usage_date, actor_key, actor_type, person_key, terminal_type,
    session_count, lines_added, lines_removed, commit_count, pull_request_count, is_complete_day);

create table marts.claude_code_activity_set_aside_daily as
select * from (values (date '2026-11-02', 'no_claude_code', 1, 0, 0))
    as rows(usage_date, counting_rule, row_count, session_count, lines_added);

create table marts.fct_claude_code_tool_actions_daily as
select * from (values
    ('usage_report_claude_code', date '2026-11-01', 'actor_1', 'vscode', 'edit_tool', 3, 1),
    ('usage_report_claude_code', date '2026-11-01', 'actor_1', 'tmux', 'edit_tool', 3, 1),
    ('usage_report_claude_code', date '2026-11-02', 'actor_1', 'tmux', 'edit_tool', 3, 1)
) as rows(source_report, usage_date, actor_key, terminal_type, tool_name, accepted_count,
    rejected_count);

create table marts.fct_claude_code_model_usage_daily as
select * replace (cast(estimated_cost_usd as decimal(18, 6)) as estimated_cost_usd)
from (values
    (date '2026-11-01', 'actor_1', 'person_1', 'vscode', 'claude-opus-4-8', 10, 20, 300, 4,
        2.701235, true),
    (date '2026-11-01', 'actor_1', 'person_1', 'tmux', 'claude-opus-4-8', 10, 20, 300, 4, 0.3,
        true),
    (date '2026-11-02', 'actor_1', 'person_1', 'tmux', 'claude-opus-4-8', 10, 20, 300, 4, 0.005,
        true)
) as rows(usage_date, actor_key, person_key, terminal_type, model, input_tokens, output_tokens,
    cache_read_tokens, cache_creation_tokens, estimated_cost_usd, is_complete_day);

create table marts.fct_message_usage_daily as
select * from (values
    ('usage_report_messages', date '2026-11-01', 'wrkspc_1', 'person_1', 'claude-opus-4-8',
        12000, 500, 9000000000, 6, 7, 3, true),
    ('usage_report_messages', date '2026-11-02', 'wrkspc_1', 'unknown', 'claude-opus-4-8',
        12000, 500, 9000000000, 6, 7, 3, true)
) as rows(usage_source, usage_date, workspace_id, person_key, model, uncached_input_tokens,
    output_tokens, cache_read_tokens, cache_creation_5m_tokens, cache_creation_1h_tokens,
    web_search_count, is_complete_day);

create table marts.fct_billed_costs_daily as
select * replace (cast(billed_cost_usd as decimal(18, 6)) as billed_cost_usd)
from (values
    ('cost_report', date '2026-11-01', 'wrkspc_1', 'unknown', 'tokens', 'claude-opus-4-8',
        'output_tokens', 0.962512, true),
    ('cost_report', date '2026-11-01', 'default', 'unknown', 'web_search', 'none', 'none',
        0.0375, true),
    ('cost_report', date '2026-11-02', 'wrkspc_1', 'unknown', 'tokens', 'claude-opus-4-8',
        'output_tokens', 0.962512, true),
    ('cost_report', date '2026-11-02', 'default', 'unknown', 'web_search', 'none', 'none',
        0.0375, true),
    ('analytics_cost', date '2026-11-03', 'wrkspc_1', 'person_1', 'session_usage',
        'claude-opus-4-8', 'none', 0.125, true)
) as rows(cost_source, usage_date, workspace_id, person_key, cost_type, model, token_type,
    billed_cost_usd, is_complete_day);

create table marts.report_revisions as
select
    cost_source as report,
    usage_date,
    workspace_id,
    model,
    'billed_cost_usd' as metric,
    'usd' as unit,
    sum(billed_cost_usd) as figure,
    timestamp '2026-11-04 06:00:00' as read_at,
    null::timestamp as superseded_at,
    true as is_current,
from marts.fct_billed_costs_daily
group by all;

create table marts.fct_commits as
select * from (values
    (1, 'larkfield/app', 'aaa', timestamp '2026-11-01 10:00:00', false, 'person_1', 10, 5,
        'with_claude', 'high'),
    (1, 'larkfield/app', 'bbb', timestamp '2026-11-01 11:00:00', false, 'person_1', 20, 5,
        'without_claude', 'medium'),
    (1, 'larkfield/app', 'ccc', timestamp '2026-11-02 10:00:00', true, 'person_1', 0, 0,
        'without_claude', 'medium')
) as rows(repository_id, repository, commit_sha, committed_at, is_merge, person_key, lines_added,
    lines_removed, claude_attribution, attribution_confidence);

create table marts.fct_pull_requests as
select * from (values
    (1, 'larkfield/app', 1, 'merged', timestamp '2026-11-01 12:00:00',
        timestamp '2026-11-02 10:00:00', 'person_1', 50, 6, 'with_claude', 'high',
        2, 1, timestamp '2026-11-01 15:00:00'),
    (1, 'larkfield/app', 2, 'open', timestamp '2026-11-02 12:00:00',
        null, 'person_1', 50, 6, 'without_claude', 'low', null, null, null)
) as rows(repository_id, repository, pull_request_number, pull_request_state, created_at,
    merged_at, person_key, lines_added, lines_removed, claude_attribution, attribution_confidence,
    review_count, approval_count, first_reviewed_at);

create table marts.fct_attribution_evidence as
select * from (values
    (1, 'larkfield/app', 'commit', 'aaa', 'co_author_trailer', 'high', 'Claude <***>'),
    (1, 'larkfield/app', 'pull_request', '1', 'co_author_trailer', 'high', 'Claude <***>')
) as rows(repository_id, repository, subject_type, subject_id, rule, confidence, matched_text);

create table marts.contributions_weekly as
select * from (values
    (date '2026-10-26', 'larkfield/app', 'with_claude', 1, 0, 10, 1, 50, true),
    (date '2026-10-26', 'larkfield/app', 'without_claude', 1, 1, 20, 0, 0, true)
) as rows(week_start_date, repository, claude_attribution, commit_count, merge_commit_count,
    commit_lines_added, merged_pull_request_count, pull_request_lines_added, is_complete_week);

create table marts.contributions_monthly as
select * from (values
    (date '2026-11-01', 'larkfield/app', 'Core', 'with_claude', 1, 1, 2, 1),
    (date '2026-11-01', 'larkfield/app', 'Core', 'without_claude', 1, 0, 2, 1)
) as rows(month_start_date, repository, team_name, claude_attribution, commit_count,
    merged_pull_request_count, repository_author_count, repository_mapped_author_count);

create table marts.flow_weekly as
select date '2026-11-02' as week_start_date, 'larkfield/app' as repository, attribution_reading,
    'with_claude' as attribution, 1 as merged_pull_request_count,
    1 as pull_request_with_reviews_read_count,
from (values ('conservative'), ('balanced'), ('liberal')) as readings(attribution_reading);

create table marts.contribution_comparison as
select repository, 'hours_open_to_merge' as measure, 1 as with_claude_count,
    0 as without_evidence_count, 5 as matched_author_count, -0.5 as matched_difference,
    -1.0 as interval_low, 0.25 as interval_high,
from (values ('larkfield/app'), ('all')) as repositories(repository);

create table marts.cost_per_outcome_monthly as
select date '2026-11-01' as month_start_date, rows.*
from (values
    ('team', 'Core', 'all', 2.025024, 3),
    ('team', 'unassigned', 'all', 0.1, 0),
    ('repository', 'all', 'larkfield/app', 1.5, 3),
    ('repository', 'all', 'unassigned', 0.1, 0)
) as rows(scope_type, team_name, repository, allocated_cost_usd, change_count);

create table marts.fct_cost_attribution_daily as
select
    * exclude (cost_type, token_type, billed_cost_usd),
    'by_token_cost' as allocation_method,
    billed_cost_usd as allocated_cost_usd,
from marts.fct_billed_costs_daily;

create table marts.cost_reconciliation_daily as
select
    usage_date,
    'console' as organization_kind,
    model,
    billed_cost_usd as billed_token_cost_usd,
    0.000001::decimal(18, 6) as unexplained_usd,
    is_complete_day,
from marts.fct_billed_costs_daily
where cost_type = 'tokens';

create table marts.coverage_daily as
select
    usage_date,
    'complete' as console_activity_status,
    'complete' as console_usage_status,
    'complete' as console_cost_status,
    if(usage_date = '2026-11-02', 'complete', 'missing') as enterprise_activity_status,
    'not_read' as enterprise_usage_status,
    'not_read' as enterprise_cost_status,
    5.00 as billed_claude_code_usd,
    0.00 as billed_claude_code_without_people_usd,
from (values (date '2026-11-01'), (date '2026-11-02'), (date '2026-11-03')) as rows(usage_date);

create table marts.adoption_daily as
select 'all' as organization_id, 'all' as team_name, cast(day as date) as usage_date,
    12 as active_7d_count,
from range(timestamp '2026-10-21', timestamp '2026-11-04', interval 1 day) as r(day);

create table marts.fct_telemetry_usage_daily as
select date '2026-11-02' as usage_date, 'claude-opus-4-8' as model, 2 as request_count,
    0.315237::decimal(24, 12) as estimated_cost_usd;

create table marts.fct_telemetry_tools_daily as
select date '2026-11-02' as usage_date, 'Bash' as tool_name, 5 as duration_ms;

create table marts.fct_telemetry_activity_daily as
select date '2026-11-02' as usage_date, 1 as commit_count;

create table marts.telemetry_machines as
select 'machine_1' as machine_key, 0 as silent_days, false as is_silent;

create table marts.usage_source_comparison_daily as
select * from (values
    (date '2026-11-01', 'person_1', 'claude-opus-4-8', 668, 1771, null, 1771, 'several', 2439),
    (date '2026-11-02', 'person_1', 'claude-opus-4-8', 334, null, 1771, null, 'admin', 334),
    (date '2026-11-02', 'unknown', 'claude-opus-4-8', null, null, null, 1781, 'local', 1781)
) as rows(usage_date, person_key, model, admin_tokens, gateway_tokens, telemetry_tokens,
    local_tokens, source_of_record, tokens_of_record);

create table marts.usage_source_coverage_daily as
select usage_date, 'admin' as usage_source, sum(tokens_of_record) as tokens_of_record,
    sum(tokens_of_record) as tokens_of_record_of_all, 0 as seen_tokens_of_record
from marts.usage_source_comparison_daily group by all;

create table marts.context_efficiency_monthly as
select * replace (
    cast(spent_usd as decimal(24, 12)) as spent_usd,
    cast(saving_usd as decimal(24, 12)) as saving_usd
)
from (values
    ('organization', 'all', 'compaction', 1, 0.5, null, 'effect_is_not_measured'),
    ('team', 'app', 'compaction', 1, 0.5, null, 'effect_is_not_measured'),
    ('person', 'person_1', 'compaction', 1, 0.5, null, 'effect_is_not_measured'),
    ('organization', 'all', 'idle_cache', 1, 0.000003, 0.000002, null)
) as rows(scope_type, scope_id, lever, request_count, spent_usd, saving_usd,
    saving_unknown_reason)
cross join (select date '2026-11-01' as month_start_date);

create table marts.dim_people as
select * from (values
    ('unknown', 'unknown', false, null),
    ('person_1', 'member', true, null),
    ('person_2', 'former_member', false, timestamp '2026-11-02 06:00:00')
) as rows(person_key, person_kind, is_organization_member, left_at);

create table marts.dim_claude_code_actors as
select * from (values ('actor_1', 'person_1')) as rows(actor_key, person_key);

create table marts.dim_repositories as
select * from (values (1, 'larkfield/app'), (2, 'larkfield/empty'))
    as rows(repository_id, repository);

create table marts.dim_workspaces as
select * from (values
    ('default', 'Default', false, null::timestamp),
    ('wrkspc_1', 'Claude Code', true, null)
) as rows(workspace_id, workspace_name, is_in_directory, removed_at);

create table marts.dim_api_keys as
select * from (values
    ('none', 'none', false, null),
    ('apikey_1', 'active', true, null),
    ('apikey_2', 'inactive', false, timestamp '2026-11-02 06:00:00')
) as rows(api_key_id, api_key_status, is_in_directory, removed_at);

create table marts.dim_models as
select * from (values ('claude-opus-4-8', 'opus', true), ('none', 'unknown', false))
    as rows(model, model_family, is_known);

create table marts.dim_dates as
select calendar_date, date '2026-10-26' as week_start_date
from (values (date '2026-11-01'), (date '2026-11-02'), (date '2026-11-03'))
    as rows(calendar_date)
"""
