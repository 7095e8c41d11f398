"""What is kept of checks: enough to say what holds, and nothing that a check has seen."""

from __future__ import annotations

from pathlib import Path

import duckdb

from data_quality import all_checks, keep_results, kept, run_suites

MAIL = "ada@example.com"


def test_all_results_are_kept_without_what_was_seen(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"update marts.fct_attribution_evidence set matched_text = '{MAIL}'")
    results = run_suites(warehouse)
    keep_results(warehouse, "great_expectations", kept(results))

    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select table_name, check_name, description, severity, is_blocking from quality.checks"
        ).fetchall()
        red = connection.execute(
            "select check_name, failing_row_count > 0 from quality.checks where not is_passed"
        ).fetchall()
        ((seen,),) = connection.execute(
            "select count(*) from quality.checks as kept where contains(kept::varchar, '@')"
        ).fetchall()
    assert set(found) == {
        (one.table, one.name, one.description, one.severity, one.blocking) for one in all_checks()
    }
    assert red == [("matched_text_has_no_mail_address", True)]
    assert seen == 0
