"""The published file: complete, whole at any moment, and readable by DuckDB 1.2."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from publishing import PublishError, publish, quality
from publishing import duckdb_file as module

REPOSITORY = Path(__file__).resolve().parents[2]
# The file, and the link that keeps the name of its log.
PUBLISHED = ["claude_usage.duckdb", "claude_usage.duckdb.wal"]


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    write_marts(path, version=1, rows=50)
    return path


def write_marts(path: Path, *, version: int, rows: int) -> None:
    """Write two marts of ``rows`` rows that both carry ``version``, and schemas to leave out."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute("create schema if not exists raw_anthropic")
        connection.execute("create or replace table raw_anthropic.users as select 'secret' as body")
        connection.execute(
            f"create or replace table marts.fct_costs as select {version} as version,"
            " date '2026-11-01' + cast(i % 28 as integer) as usage_date,"
            " cast(i * 0.000001 as decimal(18, 6)) as cost_usd, ['a', 'b'] as labels"
            f" from range({rows}) as numbers(i)"
        )
        connection.execute(
            "create or replace table marts.dim_people as"
            f" select {version} as version, i as person_key from range({rows}) as numbers(i)"
        )
        connection.execute("comment on table marts.fct_costs is 'One row per day. It''s in USD.'")
        connection.execute("comment on column marts.fct_costs.cost_usd is 'Billed, in USD.'")


def read(path: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_marts_are_published_with_types_rows_and_descriptions(
    warehouse: Path, tmp_path: Path
) -> None:
    target = tmp_path / "new" / "folder" / "claude_usage.duckdb"
    published = publish(warehouse, target)
    assert published.tables == ("dim_people", "fct_costs")
    assert dict(published.row_counts) == {"dim_people": 50, "fct_costs": 50}
    assert published.rows == 100
    assert published.bytes == target.stat().st_size
    assert leftovers(target.parent) == PUBLISHED
    for query in (
        "select schema_name, table_name, comment from duckdb_tables() where schema_name = 'marts'"
        " order by all",
        "select table_name, column_name, data_type, comment from duckdb_columns()"
        " where schema_name = 'marts' order by all",
        "select * from marts.fct_costs order by all",
    ):
        assert read(target, query) == read(warehouse, query)
    # No raw answers.
    schemas = read(target, "select distinct schema_name from duckdb_tables() order by 1")
    assert schemas == [("marts",), ("quality",)]
    assert read(target, "select sum(cost_usd) from marts.fct_costs") == [(Decimal("0.001225"),)]


def test_the_file_has_the_storage_version_that_duckdb_1_2_reads(
    warehouse: Path, tmp_path: Path
) -> None:
    target = tmp_path / "claude_usage.duckdb"
    publish(warehouse, target)
    header = target.read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") == 65
    tags = read(target, "select tags from duckdb_databases() where not internal")
    assert tags == [({"storage_version": "v1.2.0+"},)]


def test_publishing_again_replaces_everything(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "claude_usage.duckdb"
    publish(warehouse, target)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("drop table marts.dim_people")
        connection.execute("delete from marts.fct_costs")
    published = publish(warehouse, target)
    assert dict(published.row_counts) == {"fct_costs": 0}
    assert leftovers(tmp_path) == [*PUBLISHED, "warehouse.duckdb"]


def test_a_view_is_published_as_its_rows(warehouse: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create view marts.recent as select * from raw_anthropic.users")
    publish(warehouse, tmp_path / "claude_usage.duckdb")
    assert read(tmp_path / "claude_usage.duckdb", "from marts.recent") == [("secret",)]


def test_a_reader_keeps_the_old_file_and_does_not_block(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "claude_usage.duckdb"
    publish(warehouse, target)
    script = (
        "import duckdb, sys\n"
        "connection = duckdb.connect(sys.argv[1], read_only=True)\n"
        "query = 'select max(version), count(*) from marts.fct_costs'\n"
        "print(connection.execute(query).fetchall(), flush=True)\n"
        "sys.stdin.readline()\n"
        "print(connection.execute(query).fetchall(), flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(target)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdin is not None
        assert reader.stdout.readline().strip() == "[(1, 50)]"
        write_marts(warehouse, version=2, rows=70)
        publish(warehouse, target)
        assert read(target, "select max(version), count(*) from marts.fct_costs") == [(2, 70)]
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert reader.stdout.readline().strip() == "[(1, 50)]"


def test_a_link_is_followed_and_stays_a_link(warehouse: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "claude_usage.duckdb"
    link.symlink_to(tmp_path / "real" / "claude_usage.duckdb")
    publish(warehouse, link)
    assert link.is_symlink()
    assert read(link, "select count(*) from marts.dim_people") == [(50,)]


@pytest.mark.parametrize(
    "name", ["marts.duckdb", "Marts.db", "marts", "marts.v2.duckdb", "quality.duckdb"]
)
def test_a_file_named_like_the_schema_is_refused(
    warehouse: Path, tmp_path: Path, name: str
) -> None:
    with pytest.raises(PublishError, match="another name"):
        publish(warehouse, tmp_path / name)
    assert leftovers(tmp_path) == ["warehouse.duckdb"]


def test_the_warehouse_itself_is_refused(warehouse: Path, tmp_path: Path) -> None:
    hard_link = tmp_path / "same.duckdb"
    os.link(warehouse, hard_link)
    for path in (warehouse, warehouse.parent / "." / warehouse.name, hard_link):
        with pytest.raises(PublishError, match="one file"):
            publish(warehouse, path)
    assert read(warehouse, "select count(*) from marts.dim_people") == [(50,)]


def test_a_missing_warehouse_and_a_folder_as_target_are_refused(
    warehouse: Path, tmp_path: Path
) -> None:
    with pytest.raises(PublishError, match="no warehouse"):
        publish(tmp_path / "absent.duckdb", tmp_path / "claude_usage.duckdb")
    with pytest.raises(PublishError, match="is a folder"):
        publish(warehouse, tmp_path)
    assert leftovers(tmp_path) == ["warehouse.duckdb"]


def test_a_warehouse_without_marts_leaves_the_last_good_file(
    warehouse: Path, tmp_path: Path
) -> None:
    target = tmp_path / "claude_usage.duckdb"
    publish(warehouse, target)
    before = target.read_bytes()
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("drop schema marts cascade")
    with pytest.raises(PublishError, match="nothing to publish"):
        publish(warehouse, target)
    assert target.read_bytes() == before
    assert leftovers(tmp_path) == [*PUBLISHED, "warehouse.duckdb"]


def test_a_warehouse_that_is_being_written_leaves_the_last_good_file(
    warehouse: Path, tmp_path: Path
) -> None:
    target = tmp_path / "claude_usage.duckdb"
    publish(warehouse, target)
    with duckdb.connect(str(warehouse)), pytest.raises(PublishError, match="was not published"):
        publish(warehouse, target)
    assert leftovers(tmp_path) == [*PUBLISHED, "warehouse.duckdb"]
    assert read(target, "select count(*) from marts.dim_people") == [(50,)]


@pytest.mark.parametrize("step", ["_copy_comments", "_verify", "_replace"])
def test_a_failure_at_any_step_leaves_the_last_good_file(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    target = tmp_path / "claude_usage.duckdb"
    publish(warehouse, target)
    before = target.read_bytes()
    write_marts(warehouse, version=2, rows=10)

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(module, step, fail)
    with pytest.raises(PublishError, match="no space left"):
        publish(warehouse, target)
    assert target.read_bytes() == before
    assert leftovers(tmp_path) == [*PUBLISHED, "warehouse.duckdb"]


def test_a_copy_with_no_row_of_the_file_is_not_published(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = quality.write

    def lose_a_row(connection: duckdb.DuckDBPyConnection, *others: Any) -> dict[str, int]:
        counts = write(connection, *others)
        connection.execute("delete from published.quality.published_file")
        return counts

    monkeypatch.setattr(quality, "write", lose_a_row)
    with pytest.raises(PublishError, match="does not match"):
        publish(warehouse, tmp_path / "claude_usage.duckdb")
    assert leftovers(tmp_path) == ["warehouse.duckdb"]


def test_a_copy_with_a_row_too_few_is_not_published(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose_a_row(connection: duckdb.DuckDBPyConnection, _: object) -> None:
        connection.execute("delete from published.marts.dim_people where person_key = 7")

    monkeypatch.setattr(module, "_copy_comments", lose_a_row)
    with pytest.raises(PublishError, match="does not match"):
        publish(warehouse, tmp_path / "claude_usage.duckdb")
    assert leftovers(tmp_path) == ["warehouse.duckdb"]


def test_leftovers_of_a_killed_run_go_with_the_next_publish(
    warehouse: Path, tmp_path: Path
) -> None:
    target = tmp_path / "claude_usage.duckdb"
    stale = ".claude_usage.duckdb.123-abcd.tmp"
    (tmp_path / stale).write_bytes(b"half a file")
    (tmp_path / (stale + ".wal")).write_bytes(b"half a log")
    (tmp_path / ".claude_usage.duckdb.9-ef.tmp.wal").write_bytes(b"a log without its file")
    (tmp_path / (stale + ".spill")).mkdir()
    (tmp_path / ".other.duckdb.1-a.tmp").write_bytes(b"of another target")
    publish(warehouse, target)
    assert leftovers(tmp_path) == [
        ".other.duckdb.1-a.tmp",
        *PUBLISHED,
        "warehouse.duckdb",
    ]


WRITER = """
import duckdb, os, sys
connection = duckdb.connect(sys.argv[1])
print("open", flush=True)
for line in sys.stdin:
    try:
        connection.execute(line)
        print("done", flush=True)
    except duckdb.Error as error:
        print("refused", flush=True)
os._exit(1)
"""


class Writer:
    """A program that has the file open for writing, and is killed in the end."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._answer() == "open"

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def execute(self, statement: str) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(statement + "\n")
        self.process.stdin.flush()
        return self._answer()

    def end(self) -> None:
        self.process.communicate()


DELETE = "delete from marts.fct_costs where version = 1 or rowid < 25"


@pytest.mark.parametrize("first", [[], [DELETE]], ids=["after", "before-and-after"])
@pytest.mark.parametrize("is_killed", [True, False], ids=["killed", "still-open"])
def test_what_is_written_to_the_old_file_is_not_replayed_onto_the_new_one(
    warehouse: Path, tmp_path: Path, first: list[str], is_killed: bool
) -> None:
    target = tmp_path / "claude_usage.duckdb"
    publish(warehouse, target)
    writer = Writer(target)
    for statement in first:
        writer.execute(statement)
    write_marts(warehouse, version=2, rows=70)
    publish(warehouse, target)
    answers = [
        writer.execute(one) for one in (DELETE, "checkpoint", DELETE, "from marts.fct_costs")
    ]
    if is_killed:
        writer.end()

    assert read(target, "select min(version), count(*) from marts.fct_costs") == [(2, 70)]
    assert read(target, "select count(*) from marts.dim_people") == [(70,)]
    # Not in silence either.
    assert answers[0] == "refused"
    writer.end()


@pytest.mark.parametrize("statements", [[], [DELETE], [DELETE, "checkpoint"]], ids=len)
def test_a_writer_from_before_the_name_was_taken_does_no_harm(
    warehouse: Path, tmp_path: Path, statements: list[str]
) -> None:
    target = tmp_path / "claude_usage.duckdb"
    publish(warehouse, target)
    (tmp_path / "claude_usage.duckdb.wal").unlink()
    writer = Writer(target)
    writer.execute(DELETE)
    assert (tmp_path / "claude_usage.duckdb.wal").is_file()
    write_marts(warehouse, version=2, rows=70)
    publish(warehouse, target)
    for statement in [*statements, DELETE]:
        writer.execute(statement)
    writer.end()

    assert leftovers(tmp_path) == [*PUBLISHED, "warehouse.duckdb"]
    assert read(target, "select min(version), count(*) from marts.fct_costs") == [(2, 70)]


def test_a_kill_at_any_moment_leaves_a_whole_file(tmp_path: Path) -> None:
    """Readers open the file without pause while publishers are killed at random moments."""
    warehouse = tmp_path / "warehouse.duckdb"
    target = tmp_path / "claude_usage.duckdb"
    write_marts(warehouse, version=0, rows=200_000)
    publish(warehouse, target)
    stop, broken, seen = threading.Event(), [], set()

    def keep_reading() -> None:
        while not stop.is_set():
            try:
                seen.add(whole_version(target))
            except Exception as error:  # any error at all is the finding
                broken.append(repr(error))
                return

    reader = threading.Thread(target=keep_reading)
    reader.start()
    chance = random.Random(20261123)
    script = (
        "import sys; from publishing import publish; print('go', flush=True);"
        "publish(sys.argv[1], sys.argv[2]); print('done', flush=True)"
    )
    finished = 0
    for version in range(1, 9):
        write_marts(warehouse, version=version, rows=200_000)
        with subprocess.Popen(
            [sys.executable, "-c", script, str(warehouse), str(target)],
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
        ) as publisher:
            assert publisher.stdout is not None
            publisher.stdout.readline()
            time.sleep(chance.uniform(0.0, 0.25))
            publisher.send_signal(signal.SIGKILL)
            finished += publisher.stdout.read().strip() == b"done"
        whole_version(target)
    stop.set()
    reader.join()
    assert broken == []
    assert seen <= set(range(9))
    assert finished < 8, "no publisher was killed in time: the test proves nothing"
    publish(warehouse, target)
    assert whole_version(target) == 8
    assert leftovers(tmp_path) == [*PUBLISHED, "warehouse.duckdb"]


def whole_version(path: Path) -> int:
    """Return the one version that all rows of both marts carry."""
    query = (
        "select min(version), max(version), count(*) from"
        " (select version from marts.fct_costs union all select version from marts.dim_people)"
    )
    ((low, high, rows),) = read(path, query)
    assert (low, rows) == (high, 400_000)
    return low
