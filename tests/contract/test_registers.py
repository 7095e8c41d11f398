"""The registers of sources and reports: one name, one meaning, and nobody with an older copy."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from dbt_project.write_registers import files
from ingestion.reports import Report
from ingestion.sources import SOURCES
from orchestration.assets.transformations import project

ROOT = Path(__file__).parents[2]
REPORTS = [report for source in SOURCES for report in source.reports]
MANIFEST = json.loads(project.manifest_path.read_text())


def test_what_dbt_knows_of_the_registers_is_up_to_date() -> None:
    old = [
        str(path.relative_to(ROOT)) for path, text in files().items() if path.read_text() != text
    ]

    assert old == [], "make registers"


def test_a_report_has_a_name_of_its_own_among_all_sources() -> None:
    # Marts and checks know a report by the name of its raw table alone.
    counted = Counter(table.name for source in SOURCES for table in source.tables)

    assert {report.table.name: counted[report.table.name] for report in REPORTS} == dict.fromkeys(
        (report.table.name for report in REPORTS), 1
    )


def test_reports_of_a_subject_have_an_order() -> None:
    places = Counter(
        (report.organization, report.subject, report.preference)
        for report in REPORTS
        if report.subject
    )

    assert set(places.values()) == {1}


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.table.name)
def test_a_report_has_its_staging_models_and_what_reads_a_revised_record(report: Report) -> None:
    assert report.staged
    for staged in report.staged:
        model = f"model.claude_usage.stg_{report.table.source}__{staged.model}"
        assert model in MANIFEST["nodes"]
        assert bool(staged.read) == bool(staged.figures)
        if staged.read:
            for macro in (f"{staged.read}_shape", f"{staged.read}_columns"):
                assert f"macro.claude_usage.{macro}" in MANIFEST["macros"]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_each_raw_table_stands_in_the_readme_of_its_source(source) -> None:
    readme = (ROOT / "ingestion" / source.name / "README.md").read_text()

    assert [table.name for table in source.tables if f"`{table.name}`" not in readme] == []
    assert all(table.description.startswith("One row") for table in source.tables)
