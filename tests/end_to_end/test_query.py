"""What `claude-usage query` says when it cannot answer. What it answers: test_truth.py."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from claude_usage.commands.query import Metrics, ask, query
from demo_api import DemoServer
from ingestion import warehouse
from ingestion.errors import ConfigurationError
from ingestion.settings import Settings
from orchestration.assets.transformations import semantic_manifest
from tests.end_to_end.conftest import Place


@pytest.fixture(scope="module")
def metrics() -> Metrics:
    return Metrics(semantic_manifest())


@pytest.mark.parametrize(
    ("names", "by", "where", "said"),
    [
        ("alocated_cost", "", "", "no metric 'alocated_cost'. Nearest: allocated_cost_usd"),
        ("commit_count", "team_nam", "", "'team_nam' is no dimension.*Nearest: team_name"),
        ("commit_count", "metric_time__fortnight", "", "Nearest: metric_time"),
        ("commit_count", "repository__month", "", "'repository__month' is no dimension"),
        ("commit_count active_28d_count", "team_name", "", "no dimension of all of commit_count"),
        ("commit_count", "", "team_nam = 'Platform'", "'team_nam' is no dimension"),
        # A column that the query happens to read.
        ("commit_count", "", "lines_added > 3", "'lines_added' is no dimension"),
        ("commit_count", "", "commit_count > 3", "commit_count is a metric"),
        ("commit_count", "", "{{ Dimension('person__team_name') }} = 'a'", "without braces"),
    ],
)
def test_a_name_that_is_none_is_said_before_the_warehouse_is_opened(
    metrics: Metrics, tmp_path: Path, names: str, by: str, where: str, said: str
) -> None:
    settings = Settings(warehouse_path=tmp_path / "none.duckdb")

    with pytest.raises(ConfigurationError, match=said):
        ask(settings, metrics, names.split(), by.split(), where)


def test_words_of_sql_and_texts_are_left_as_they_are(metrics: Metrics) -> None:
    _, sql = metrics.query(
        ["commit_count"],
        [],
        "lower(repository) like '%team_name''s%' and metric_time::date >= date '2026-10-01'"
        " and team_name not in ('a', 'person') and metric_time__month is not null",
    )

    assert "lower(repository) like '%team_name''s%'" in sql
    assert "metric_time__day::date >= date '2026-10-01'" in sql
    assert "person__team_name not in ('a', 'person')" in sql
    assert "metric_time__month is not null" in sql


def test_without_a_warehouse_it_says_what_to_run(tmp_path: Path, server: DemoServer) -> None:
    finished = Place(tmp_path, server).run("query", "commit_count")

    assert finished.returncode == 2
    assert "claude-usage run, or claude-usage demo" in finished.stderr
    assert "Traceback" not in finished.stderr
    assert not Place(tmp_path, server).warehouse.exists()


def test_before_the_marts_are_built_it_says_what_to_run(metrics: Metrics, tmp_path: Path) -> None:
    settings = Settings(warehouse_path=tmp_path / "warehouse.duckdb")
    with warehouse.prepared(settings.warehouse_path):
        pass

    with pytest.raises(ConfigurationError, match="claude-usage publish"):
        ask(settings, metrics, ["commit_count"], [])


def test_while_a_run_is_writing_it_says_to_try_again(
    metrics: Metrics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse, "LONGEST_WAIT_OF_A_READER_SECONDS", 0)
    settings = Settings(warehouse_path=tmp_path / "warehouse.duckdb")
    with (
        warehouse.prepared(settings.warehouse_path),
        pytest.raises(ConfigurationError, match="is being written: try again"),
    ):
        ask(settings, metrics, ["commit_count"], [])


def test_a_query_holds_writers_off_and_cannot_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse, "LONGEST_LOCK_WAIT_SECONDS", 0)
    path = tmp_path / "warehouse.duckdb"
    with warehouse.prepared(path):
        pass

    with warehouse.reading(path, name="any name") as connection:
        assert connection.execute("select current_setting('TimeZone')").fetchone() == ("UTC",)
        with pytest.raises(duckdb.Error, match="read-only"):
            connection.execute('create schema "any name".x')
        with pytest.raises(ConfigurationError), warehouse.writing(path):
            pass
    with warehouse.writing(path):
        pass


def test_the_list_says_what_each_metric_is_and_what_it_can_be_grouped_by(
    capsys: pytest.CaptureFixture[str],
) -> None:
    query(Settings(), [], by="", where="", listed=True, as_csv=True)
    listed = capsys.readouterr().out
    query(Settings(), ["commit_count"], by="", where="", listed=True, as_csv=True)
    group_bys = capsys.readouterr().out.splitlines()

    assert 'commit_count,"Commits of default branches, merges left out' in listed
    assert "team_name,person__team_name," in group_bys
    assert 'metric_time,metric_time,"__day, __week, __month, __quarter, __year"' in group_bys
