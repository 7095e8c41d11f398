"""A published file of a few rows, with what breaks files: formulas, quotes, long numbers."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

HOSTILE = "=HYPERLINK(\"http://example.com\"), 'a'\n<b>"


@pytest.fixture
def published_file(tmp_path: Path) -> Path:
    path = tmp_path / "claude_usage.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """
            create schema marts;
            create schema quality;
            create table quality.checks as select 'holds' as check_name;
            create table quality.published_file as select 'named' as privacy_level;
            create table marts.people (
                name varchar, cost_usd decimal(38, 12), big hugeint, day date, seen timestamp,
                is_member boolean, tags varchar[]
            );
            insert into marts.people values
                (?, 0.1, 1, '2026-10-01', '2026-10-01 10:00:00', true, ['a', 'b']),
                ('-1', 12345678901234567890.123456789012, 170141183460469231731687303715884105727,
                    '2026-10-02', null, null, null),
                (null, null, null, null, null, null, null);
            create table marts.dim_workspaces as
            select * from (values ('w1', 'Web', 'cc-1'), ('w2', 'Old', 'unassigned'))
                as rows (workspace_id, workspace_name, cost_center);
            create table marts.fct_billed_costs_daily as
            select
                'analytics_cost' as cost_source, workspace_id, 'none' as line_item_description,
                cost_type, model, product, token_type, 'standard' as service_tier,
                billed::decimal(18, 6) as billed_cost_usd, listed::decimal(18, 6) as list_cost_usd,
                true as is_complete_day, day::date as usage_date
            from (values
                ('w1', 'tokens', 'claude-opus-5', 'claude_code', 'output_tokens', 1.000001, 2,
                    '2026-10-31'),
                ('w1', 'web_search', 'none', 'none', 'none', 0.01, 0.01, '2026-10-31'),
                ('gone', 'tokens', 'claude-opus-5', 'none', 'none', 3.1, null, '2026-11-01'),
                ('w2', 'tokens', 'claude-opus-5', 'none', 'output_tokens', -0.5, -0.5, '2026-11-01')
            ) as rows (workspace_id, cost_type, model, product, token_type, billed, listed, day);
            """.replace("?", "'" + HOSTILE.replace("'", "''") + "'", 1)
        )
    return path
