"""The steps of docs/extending.md are taken as they stand there."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import dagster as dg
import pytest
from hand_made_warehouse import PROJECT, Warehouse

from dbt_project import write_registers
from ingestion import raw, warehouse
from ingestion.anthropic import endpoints, report_shapes
from ingestion.anthropic.source import ANTHROPIC
from ingestion.plan import due_days
from ingestion.reports import Report, Staged
from ingestion.settings import Settings
from ingestion.source import Source
from orchestration.assets.reports import reports_of
from orchestration.assets.results import asset_key

ROOT = PROJECT.parent
# Each block stands under the name of its file.
BLOCK = re.compile(r"^ *`([\w./]+)`:\n\n *```\w+\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
TEXT = (ROOT / "docs" / "extending.md").read_text()
WITH_FIGURES = (
    *("--indirect-selection", "cautious", "--exclude-resource-type", "unit_test", "--select"),
    *("path:models/staging/anthropic", "int_default_workspace", "int_report_figures_current"),
)
FILES = {path: dedent(code) for path, code in BLOCK.findall(TEXT)}


def declared() -> Any:
    """Return the report of the page, made where it says."""
    names = {**vars(report_shapes)}
    exec(FILES["ingestion/anthropic/report_shapes.py"], names)
    shape = names["SkillPage"]
    names = {**vars(endpoints), "report_shapes": type("Shapes", (), {"SkillPage": shape})}
    exec(FILES["ingestion/anthropic/endpoints.py"], names)
    return names["ENTERPRISE_SKILLS"]


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def put(*sources: Source) -> None:
        for module in (warehouse, write_registers):
            monkeypatch.setattr(module, "SOURCES", sources)

    return put


def test_a_report_takes_eight_files_at_most() -> None:
    of_report = TEXT[TEXT.index("## A report") : TEXT.index("## A source")]
    files = set(re.findall(r"`((?:ingestion|dbt_project|docs)/[\w./]+\.\w+)`", of_report))

    # Where it is explained, and what `make registers` writes.
    files -= {"ingestion/reports.py", "ingestion/anthropic/kinds.py"}
    files -= {"dbt_project/macros/registers.sql"}
    assert 5 <= len(files) <= 8


def test_the_report_of_the_page_is_a_table_due_an_asset_and_staged(
    register: Callable[..., None], tmp_path: Path
) -> None:
    report = declared()
    source = replace(
        ANTHROPIC, tables=(*ANTHROPIC.tables, report.table), reports=(*ANTHROPIC.reports, report)
    )
    register(source, *write_registers.SOURCES[1:])
    made = Warehouse(tmp_path, tmp_path / "target")
    made.load(report.table, {"2026-11-16": [{"data": [_skill("pdf", 3), _skill("xlsx", 2)]}]})

    settings = Settings(anthropic_admin_key="sk-ant-api01-x", warehouse_path=made.path)
    with warehouse.connect(made.path) as connection:
        due = due_days(source, settings, connection, now=datetime(2026, 11, 22, 12, tzinfo=UTC))
    # Read once, and still to be revised; and what came since.
    assert due["enterprise_skills"] == [date(2026, 11, day) for day in range(16, 22)]
    asset = reports_of(source).specs_by_key[asset_key(report.table)]
    assert asset.description == report.table.description
    project = _project_with_the_files_of_the_page(tmp_path)
    # With the tests of all reports, of which it is one by its declaration.
    made.dbt("build", "--quiet", *WITH_FIGURES, project=project)
    assert made.rows(
        "select skill_name, session_count, usage_date from staging.stg_anthropic__enterprise_skills"
    ) == [("pdf", 3, date(2026, 11, 16)), ("xlsx", 2, date(2026, 11, 16))]
    assert made.rows(
        "select endpoint, metric, figure from intermediate.int_report_figures_current"
    ) == [("enterprise_skills", "session_count", 5)]


def _skill(name: str, sessions: int) -> dict[str, object]:
    return {"name": name, "distinct_user_count": 1, "session_count": sessions}


def _project_with_the_files_of_the_page(folder: Path) -> Path:
    project = folder / "dbt_project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    for path, text in write_registers.files().items():
        if path.is_relative_to(PROJECT):
            (project / path.relative_to(PROJECT)).write_text(text)
    for name, text in FILES.items():
        if name.startswith("dbt_project/"):
            (folder / name).write_text(text)
    return project


def test_the_source_of_the_page_has_tables_and_assets(
    register: Callable[..., None], tmp_path: Path
) -> None:
    functions = ("configured", "has_access", "faults", "gaps", "check", "findings", "load")
    names: dict[str, Any] = {
        **dict.fromkeys(functions, print),
        **{"raw": raw, "timedelta": timedelta},
        **{"Report": Report, "Source": Source, "Staged": Staged},
    }
    exec(FILES["ingestion/gateway/source.py"], names)
    source = names["GATEWAY"]
    register(source)

    with warehouse.prepared(tmp_path / "warehouse.duckdb") as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables()")
        assert set(tables.fetchall()) == {
            (source.schema, one.name) for one in (*source.tables, *source.kept)
        }
    assert reports_of(source).keys == {dg.AssetKey(["raw_gateway", "gateway_requests"])}
    assert '"source": "gateway"' in write_registers.files()[write_registers.MACRO]
