"""Transcripts of real programs, exported and loaded, come out in the fact to the last digit."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hand_made_warehouse import Warehouse
from typer.testing import CliRunner

from claude_usage.cli import app
from ingestion.local.load import load_local
from ingestion.settings import Settings
from tests.source_samples import TRANSCRIPTS, needs

MODELS = ("stg_local__responses", "stg_local__days", "stg_local__completeness_ledger")


@needs(TRANSCRIPTS)
def test_the_samples_come_out_in_the_fact(
    stored: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = json.loads((TRANSCRIPTS / "expected.json").read_text())[
        "dedup_message_id_request_id"
    ]
    exports = tmp_path / "exports"
    for name, value in (
        ("HOME", str(tmp_path)),
        ("CLAUDE_CONFIG_DIR", str(TRANSCRIPTS)),
        ("LOCAL_FOLDER", str(tmp_path / "state")),
        ("IDENTITY_SALT", "a salt of sixteen or more"),
        ("LOCAL_EMAIL", "ada@example.org"),
    ):
        monkeypatch.setenv(name, value)
    for run_id in ("one", "two"):
        told = CliRunner().invoke(app, ["local", "export", "--all", "--to", str(exports)])
        assert told.exit_code == 0, told.output
        load_local(Settings(warehouse_path=stored.path, local_exports_path=exports), run_id=run_id)
        stored.dbt(
            *("build", "--select", "+fct_local_usage_daily", *MODELS),
            *("--exclude-resource-type", "test", "unit_test"),
        )
        ((count, uncached, output, read, written, cost),) = stored.rows(
            "select sum(response_count), sum(uncached_input_tokens), sum(output_tokens),"
            " sum(cache_read_tokens), sum(cache_creation_5m_tokens + cache_creation_1h_tokens),"
            " sum(list_cost_usd) from marts.fct_local_usage_daily"
        )
        assert (count, uncached, output, read, written) == (
            expected["requests"],
            expected["input_tokens"],
            expected["output_tokens"],
            expected["cache_read_input_tokens"],
            expected["cache_creation_input_tokens"],
        )
        assert cost == Decimal(str(expected["cost_usd_list"]))
    stored.dbt("test", "--select", *MODELS, "--indirect-selection", "cautious")
    # Nobody is known by that address here, and how it was paid is not said.
    assert stored.rows(
        "select distinct person_key, billing_basis, is_complete_day"
        " from marts.fct_local_usage_daily"
    ) == [(None, None, True)]
