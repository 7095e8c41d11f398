"""What the demo's machines export is what was true of them."""

from __future__ import annotations

from pathlib import Path

from claude_usage.demo_machines import export_machines
from demo_api.organisation import build_organisation
from ingestion import warehouse
from ingestion.hashing import identity_hash
from ingestion.local.load import load_local
from ingestion.settings import Settings

SALT = "a salt of sixteen or more"


def test_what_machines_export_is_what_was_true(tmp_path: Path) -> None:
    machines = export_machines(build_organisation(), tmp_path / "machines", SALT)
    settings = Settings(
        warehouse_path=tmp_path / "w.duckdb", local_exports_path=tmp_path / "machines" / "exports"
    )
    report = load_local(settings, run_id="one")
    with warehouse.connect(settings.warehouse_path) as connection:
        rows = connection.execute(
            "select actor_hash, billing_basis, first_at::date::varchar, model, is_subagent,"
            " count(*), sum(uncached_input_tokens)::bigint, sum(cache_read_tokens)::bigint,"
            " sum(cache_creation_5m_tokens)::bigint, sum(cache_creation_1h_tokens)::bigint,"
            " sum(output_tokens)::bigint from raw_local.responses group by all"
        ).fetchall()
    expected = {
        (identity_hash(one.person.email, SALT), one.billing_basis, *key, *counts.values())
        for one in machines
        for key, counts in one.truth.items()
    }

    assert report.failures == []
    assert report.warnings == {}
    assert len(expected) > 100
    assert set(rows) == expected
