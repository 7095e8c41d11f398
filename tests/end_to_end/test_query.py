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
        # By meaning, not by letters: seat_count is nearer to `cost` in those.
        ("cost", "", "", "Nearest: allocated_cost_usd, billed_cost_usd, "),
        ("users", "", "", "Nearest: active_person_count, "),
        ("spend", "", "", "Nearest: allocated_cost_usd, "),
        ("session_count", "developer", "", "Nearest: person, "),
        # From when to when a membership holds is nothing to group by.
        ("allocated_cost_usd", "valid_from", "", "'valid_from' is no dimension"),
        ("allocated_cost_usd", "person__valid_to", "", "'person__valid_to' is no dimension"),
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
    assert not [line for line in group_bys if "valid_" in line]
    assert 'metric_time,metric_time,"__day, __week, __month, __quarter, __year"' in group_bys


@pytest.fixture
def stored(tmp_path: Path) -> Settings:
    """What MetricFlow reads of two people's cost, by team and day."""
    path = tmp_path / "warehouse.duckdb"
    with warehouse.prepared(path) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.fct_cost_attribution_daily as"
            " select 'p' || i as person_key, date '2026-10-01' + cast(i as integer) as usage_date,"
            " 'claude-opus-5' as model, i = 1 as is_complete_day,"
            " cast(1.5 as decimal(18, 6)) as allocated_cost_usd from range(2) numbers(i)"
        )
        connection.execute("create schema if not exists intermediate")
        connection.execute(
            "create table intermediate.int_people_placed_in_teams as"
            " select 'p' || i as person_key, ['Platform', 'Data'][i + 1] as team_name,"
            " date '2026-01-01' as valid_from, date '9999-12-31' as valid_to"
            " from range(2) numbers(i)"
        )
    return Settings(warehouse_path=path)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("metric_time >= 'yesterday'", "metric_time is a day, as in metric_time >= '2026-10-01'$"),
        ("metric_time >= 2026-10-01", "metric_time is a day, as in"),
        ("team_name > 3", "team_name is a text, as in team_name = '…'$"),
        ("team_name", "team_name is a text, as in"),
        (
            "is_complete_day = 'ja' and team_name = 'Data'",
            "is_complete_day is true or false; team_",
        ),
        ("regexp_matches(team_name, '(')", "cannot be worked out: team_name is a text"),
        ("1 = 'a'", "cannot be worked out: it names no dimension$"),
        (
            "team_name = 'Platform",
            "one condition .* such as team_name = 'Platform' and metric_time",
        ),
        ("team_name ==", "one condition .* such as team_name = 'Platform' and metric_time"),
    ],
)
def test_a_wrong_condition_is_told_in_words_of_dimensions(
    metrics: Metrics, stored: Settings, where: str, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said) as refused:
        ask(stored, metrics, ["allocated_cost_usd"], ["team_name"], where)

    for word in ("Error", "cast", "syntax", "INTEGER", "VARCHAR", "BOOL", "postfix", "quoted"):
        assert word not in str(refused.value)


def test_marts_of_another_version_are_no_fault_of_the_condition(
    metrics: Metrics, stored: Settings
) -> None:
    with warehouse.prepared(stored.warehouse_path) as connection:
        connection.execute("alter table marts.fct_cost_attribution_daily drop model")

    with pytest.raises(ConfigurationError, match="does not hold the marts as this version"):
        ask(stored, metrics, ["allocated_cost_usd"], ["model"], "model = 'claude-opus-5'")


@pytest.mark.parametrize(
    ("by", "where", "said"),
    [
        (
            "team_name",
            "team_name = 'Platfrm'",
            "there is no team_name 'Platfrm'; there are Platform, Data",
        ),
        ("", "team_name in ('Web')", "there is no team_name 'Web'; there are Data, Platform"),
        ("model", "model = 'opus'", "there is no model 'opus'; there are claude-opus-5"),
        (
            "team_name",
            "metric_time >= '2027-01-01'",
            "there are some from 2026-10-01 to 2026-10-02, but none for this condition",
        ),
    ],
)
def test_an_empty_answer_says_what_there_is(
    stored: Settings,
    capfd: pytest.CaptureFixture[str],
    by: str,
    where: str,
    said: str,
) -> None:
    asked = query(stored, ["allocated_cost_usd"], by=by, where=where, listed=False, as_csv=True)

    printed = capfd.readouterr()
    assert asked == 0
    assert f"No figures: {said}" in printed.err
    assert printed.out.splitlines()[0] == ",".join(filter(None, (by, "allocated_cost_usd")))


def test_an_answer_with_figures_says_nothing_more(
    stored: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    where = "team_name = 'Data'"
    query(stored, ["allocated_cost_usd"], by="", where=where, listed=False, as_csv=True)

    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("allocated_cost_usd\n1.500000\n", "")
