"""What must not run as a question: metrics, `--by` and `--where` of `claude-usage query`.

A row of the first table is a question that is refused, and what is said of it; one of the second is
a condition that is none of that and is taken; one of the third is a statement that the connection
refuses which answers run on, whatever is let through before it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pytest

from claude_usage.commands.query import Metrics, ask
from ingestion import warehouse
from ingestion.errors import ConfigurationError
from ingestion.settings import Settings
from orchestration.assets.transformations import semantic_manifest

ONE = "one condition on dimensions and nothing else"


@pytest.fixture(scope="module")
def metrics() -> Metrics:
    return Metrics(semantic_manifest())


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A warehouse in a folder that is the current one: nothing else may appear there."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "warehouse.duckdb"
    with warehouse.prepared(path) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.some as select 1 as x")
    return path


def contents(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.suffix != ".lock"
    }


@pytest.mark.parametrize(
    ("names", "by", "where", "said"),
    [
        pytest.param("commit_count", "", "copy (select 1) to 'x.csv'", ONE, id="copy to"),
        pytest.param("commit_count", "", "true; copy (select 1) to 'x.csv'", ONE, id="then copy"),
        pytest.param("commit_count", "", "true; drop table marts.some", ONE, id="then drop"),
        pytest.param("commit_count", "", "repository = 'a';", ONE, id="semicolon"),
        pytest.param("commit_count", "", "install httpfs", ONE, id="install"),
        pytest.param("commit_count", "", "load httpfs", ONE, id="load"),
        pytest.param("commit_count", "", "attach 'x.duckdb'", "type that it may not", id="attach"),
        pytest.param("commit_count", "", "pragma database_list", ONE, id="pragma"),
        pytest.param("commit_count", "", "set threads = 1", ONE, id="set"),
        pytest.param(
            "commit_count", "", "exists (from read_text('/etc/passwd'))", "no query", id="read_text"
        ),
        pytest.param(
            "commit_count", "", "repository in (from read_csv('x'))", "no query", id="read_csv"
        ),
        pytest.param("commit_count", "", "exists (select 1)", "no query", id="exists"),
        pytest.param("commit_count", "", "repository = any(select 'a')", "no query", id="any"),
        pytest.param("commit_count", "", "(select true)", "no query", id="scalar query"),
        pytest.param("commit_count", "", "read_text('/etc/passwd')", "not call", id="as scalar"),
        pytest.param("commit_count", "", "getenv('HOME') = 'x'", "may not call", id="getenv"),
        pytest.param(
            "commit_count", "", "current_setting('memory_limit') = 'x'", "not call", id="setting"
        ),
        pytest.param("commit_count", "", "getvariable('x') is null", "not call", id="variable"),
        pytest.param("commit_count", "", "main.getvariable('x') = 1", "not call", id="in a schema"),
        pytest.param("commit_count", "", "write_log('x') is null", "not call", id="log"),
        pytest.param("commit_count", "", "nextval('x') = 1", "not call", id="sequence"),
        pytest.param("commit_count", "", "random() > 0.5", "not call", id="chance"),
        pytest.param("commit_count", "", "repeat('a', 999999999) = 'a'", "not call", id="memory"),
        pytest.param("commit_count", "", "count(*) > 1", "not call", id="aggregate"),
        pytest.param("commit_count", "", "row_number() over () = 1", "no window", id="window"),
        pytest.param("commit_count", "", "x -> x", "no lambda", id="lambda"),
        pytest.param("commit_count", "", "columns(*)", "no star", id="columns"),
        pytest.param("commit_count", "", "repository = ?", "no parameter", id="parameter"),
        pytest.param("commit_count", "", "repository::blob = 'a'", "type that it may", id="type"),
        pytest.param("commit_count", "", "true) union select (1", ONE, id="union in brackets"),
        pytest.param("commit_count", "", "true union all select 1", ONE, id="union"),
        pytest.param("commit_count", "", "true) or (true", ONE, id="brackets"),
        pytest.param("commit_count", "", "true order by 1", ONE, id="order by"),
        pytest.param("commit_count", "", "true limit 1", ONE, id="limit"),
        pytest.param("commit_count", "", "true group by 1", ONE, id="group by"),
        pytest.param("commit_count", "", "true having true", ONE, id="having"),
        pytest.param("commit_count", "", "repository = 'a' -- rest", "no comments", id="comment"),
        pytest.param("commit_count", "", "true -- a\n", "no comments", id="comment and line"),
        pytest.param("commit_count", "", "true /* a", "no comments", id="open comment"),
        pytest.param("commit_count", "", "true /* a */", "no comments", id="closed comment"),
        pytest.param("commit_count", "", "{{ 7 * 7 }} = 49", "without braces", id="template"),
        pytest.param("commit_count", "", "repository = '{% raw %}'", "without braces", id="block"),
        pytest.param("commit_count", "", "marts.some = 1", "names have no dots", id="a table"),
        pytest.param("commit_count", "", "current_user = 'x'", "is no dimension", id="user"),
        pytest.param("commit_count", "", '"repository; drop" = 1', "is no dimension", id="quoted"),
        pytest.param("commit_count", "", "Commit_Count > 3", "is a metric", id="a metric"),
        pytest.param("commit_count", "", "(" * 3_000 + "true", ONE, id="open brackets"),
        pytest.param("commit_count; drop table marts.some", "", "", "no metric", id="as metric"),
        pytest.param("commit_count", "repository; drop", "", "is no dimension", id="as group"),
        pytest.param("commit_count", "{{ 7 * 7 }}", "", "is no dimension", id="group template"),
        pytest.param("commit_count", "1", "", "is no dimension", id="group by place"),
        pytest.param("commit_count", "*", "", "is no dimension", id="group by all"),
    ],
)
def test_what_is_no_question_is_refused_and_leaves_nothing(
    metrics: Metrics, stored: Path, names: str, by: str, where: str, said: str
) -> None:
    before = contents(stored.parent)

    with pytest.raises(ConfigurationError) as refused:
        ask(Settings(warehouse_path=stored), metrics, [names], [by] if by else [], where)

    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert contents(stored.parent) == before


@pytest.mark.parametrize(
    "where",
    [
        pytest.param("repository = 'é' and team_name = 'b -- /*'", id="marks inside a text"),
        pytest.param("repository = e'it\\'s --' or team_name = 'it''s'", id="escaped quotes"),
        pytest.param("lower(repository) like '%a\\_%' escape '\\'", id="like"),
        pytest.param("metric_time >= current_date - interval 3 days", id="days back"),
        pytest.param("metric_time__month = date '2026-10-01'", id="a month"),
        pytest.param("extract(year from metric_time) = 2026", id="extract"),
        pytest.param("not (team_name in ('a', 'b') or team_name is null)", id="in"),
        pytest.param("case when team_name = 'a' then true else false end", id="case"),
        pytest.param("\"team_name\" = 'a'", id="a name in quotes"),
        pytest.param(" and ".join(["team_name is not null"] * 1_000), id="a thousand"),
    ],
)
def test_a_condition_is_taken_as_it_is(metrics: Metrics, where: str) -> None:
    _, sql = metrics.query(["commit_count"], [], where)

    assert [one.type for one in duckdb.extract_statements(sql)] == [duckdb.StatementType.SELECT]
    for text in ("'b -- /*'", "e'it\\'s --'", "'it''s'"):
        assert (text in sql) == (text in where)


@pytest.mark.parametrize(
    "statement",
    [
        "copy (select 1) to 'x.csv'",
        "select * from read_text('/etc/passwd')",
        "select * from read_csv('/etc/passwd')",
        "select * from glob('/*')",
        "attach 'x.duckdb'",
        "install httpfs",
        "load httpfs",
        "export database 'x'",
        'create table "any name".marts.new as select 1',
        'drop table "any name".marts.some',
        'update "any name".marts.some set x = 2',
        "set enable_external_access = true",
        "set threads = 1",
        "set temp_directory = '/'",
    ],
)
def test_the_connection_of_an_answer_reaches_nothing_else(stored: Path, statement: str) -> None:
    before = contents(stored.parent)

    with warehouse.reading(stored, name="any name") as connection:
        with pytest.raises(duckdb.Error):
            connection.execute(statement)
        assert connection.execute('select x from "any name".marts.some').fetchone() == (1,)

    assert contents(stored.parent) == before
