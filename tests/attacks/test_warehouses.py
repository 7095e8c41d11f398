"""What a warehouse file may turn out to be, and what each command says of it.

A row of the first table is how to make the file and what must be said; each command that reads
settings meets each row. Rows of the others are file names, and disks.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from claude_usage import cli
from claude_usage.settings import read
from demo_api import DemoServer
from ingestion import warehouse
from ingestion.warehouse_file import TAKEN_NAMES, WarehouseError, WarehouseLocked
from publishing import publish

COMMANDS = ("run", "publish", "status", "query commit_count", "doctor", "dev")
WRITING = ("run", "publish", "doctor", "dev")
AGAIN = "claude-usage run --start"
Say = Callable[..., tuple[int, str]]


@pytest.fixture
def say(
    server: DemoServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Say:
    """Runs a command in this process; returns its exit code and all that it printed."""

    def no_ui(*_: object) -> None:
        raise AssertionError("the UI was started")

    def run(command: str, path: Path) -> tuple[int, str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("os.execv", no_ui)
        monkeypatch.setattr(sys, "argv", ["claude-usage", *command.split()])
        monkeypatch.setenv("WAREHOUSE_PATH", str(path))
        monkeypatch.setenv("PUBLISH_PATH", str(tmp_path / "published.duckdb"))
        for name in ("ANTHROPIC_ADMIN_KEY", "ANTHROPIC_BASE_URL"):
            monkeypatch.setenv(name, server.environment[name])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out + printed.err

    return run


def stored(path: Path) -> None:
    with warehouse.prepared(path) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.days as select i, md5(i::text) as m from range(100000) as r(i)"
        )


def truncated(path: Path) -> None:
    stored(path)
    body = path.read_bytes()
    path.write_bytes(body[: len(body) // 3])


def cut_in_the_header(path: Path) -> None:
    stored(path)
    path.write_bytes(path.read_bytes()[:100])


def overwritten(path: Path) -> None:
    """Keep what says that it is DuckDB's, spoil the rest."""
    stored(path)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:4096] + random.Random(1).randbytes(size - 4096))


def newer(path: Path) -> None:
    """A file of storage version 200, its checksum right."""
    stored(path)
    body = bytearray(path.read_bytes())
    body[12:20] = struct.pack("<Q", 200)
    total = 5381
    for (word,) in struct.iter_unpack("<Q", body[8:4096]):
        total ^= (word * 0xBF58476D1CE4E5B9) % 2**64
    body[:8] = struct.pack("<Q", total)
    path.write_bytes(body)


def sqlite(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("create table raw_anthropic (x)")
    connection.close()


def of_something_else(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table sales as select 1 as x")


def published(path: Path) -> None:
    stored(path.with_name("real.duckdb"))
    publish(path.with_name("real.duckdb"), path)


def folder(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda path: path.touch(), "is empty (0 bytes)", id="empty"),
        pytest.param(lambda path: path.write_text("a,b\n" * 9_000), "not a DuckDB", id="text"),
        pytest.param(lambda path: path.write_bytes(b"x"), "not a DuckDB", id="one byte"),
        pytest.param(sqlite, "is an SQLite database", id="sqlite"),
        pytest.param(of_something_else, "database of something else", id="foreign"),
        pytest.param(published, "is a published file", id="published"),
        pytest.param(truncated, AGAIN, id="truncated"),
        pytest.param(cut_in_the_header, AGAIN, id="cut in the header"),
        pytest.param(overwritten, AGAIN, id="corrupt"),
        pytest.param(newer, "written by a newer DuckDB", id="newer"),
        pytest.param(folder, "is a folder", id="folder"),
        pytest.param(pipe, "a device or a pipe", id="pipe"),
    ],
)
def test_a_file_that_is_no_warehouse_is_called_by_its_name(
    say: Say, tmp_path: Path, make: Callable[[Path], None], said: str, command: str
) -> None:
    path = tmp_path / "warehouse.duckdb"
    make(path)
    before = None if path.is_dir() or path.is_fifo() else path.read_bytes()

    code, printed = say(command, path)

    assert code == 2
    (line,) = [line for line in printed.splitlines() if line.startswith(("failed", "wrong"))]
    assert said in line
    assert str(path) in line
    assert "is open in" not in line
    assert "Traceback" not in printed
    assert before is None or path.read_bytes() == before


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", sorted(TAKEN_NAMES | {"Marts", "staging.v2"}))
def test_a_warehouse_named_like_a_schema_is_refused(
    say: Say, tmp_path: Path, name: str, command: str
) -> None:
    code, printed = say(command, tmp_path / f"{name}.duckdb")

    assert code == 2
    assert f"cannot be named {name}.duckdb" in printed
    assert "for instance warehouse.duckdb" in printed
    assert not (tmp_path / f"{name}.duckdb").exists()


def test_damage_that_opening_does_not_meet_is_named_where_it_is_met(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    stored(path)
    body = bytearray(path.read_bytes())
    # Blocks of data come first: 256 kB each, after three headers of 4 kB.
    body[20_000:30_000] = random.Random(1).randbytes(10_000)
    path.write_bytes(body)

    with (
        pytest.raises(WarehouseError, match=f"damaged: Corrupt database file.*{AGAIN}"),
        warehouse.connect(path, read_only=True) as connection,
    ):
        connection.execute("select max(m) from marts.days").fetchall()


@pytest.mark.parametrize("read_only", [True, False])
def test_only_a_locked_file_is_called_open_elsewhere_and_by_whom(
    tmp_path: Path, read_only: bool
) -> None:
    path = tmp_path / "warehouse.duckdb"
    stored(path)
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with (
            pytest.raises(WarehouseLocked, match=rf"python.*, process {holder.pid}\)"),
            warehouse.connect(path, read_only=read_only),
        ):
            pass
        holder.communicate(b"\n")


@contextmanager
def disk(at: Path, size: str) -> Iterator[None]:
    """A small disk of its own; skips where none can be mounted."""
    at.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(at)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {made.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=True)


def remount(at: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(at)], check=True)


needs_mount = pytest.mark.skipif(shutil.which("mount") is None, reason="there is no mount")


@needs_mount
def test_a_full_disk_is_called_full_and_loses_nothing_stored(tmp_path: Path) -> None:
    at = tmp_path / "disk"
    path = at / "warehouse.duckdb"
    with disk(at, "8m"):
        with warehouse.prepared(path) as connection:
            connection.execute("create table raw_github.before as select 1 as x")
        with (
            pytest.raises(WarehouseError, match=r"disk of .* is full\. Make room"),
            warehouse.prepared(path) as connection,
        ):
            connection.execute(
                "create table raw_github.big as select md5(i::text) from range(1000000) as r(i)"
            )
        remount(at, "size=64m")
        with warehouse.prepared(path) as connection:
            assert connection.execute("from raw_github.before").fetchall() == [(1,)]


@needs_mount
@pytest.mark.parametrize("command", WRITING)
@pytest.mark.parametrize("is_there", [True, False])
def test_a_read_only_folder_is_said_before_anything_is_loaded(
    say: Say, tmp_path: Path, command: str, is_there: bool
) -> None:
    at = tmp_path / "disk"
    path = at / "warehouse.duckdb"
    with disk(at, "64m"):
        if is_there:
            stored(path)
        remount(at, "ro")
        code, printed = say(command, path)

    assert code == 2
    assert f"WAREHOUSE_PATH: {path} cannot be written: folder {at} is read-only" in printed
    assert "Traceback" not in printed


@needs_mount
def test_a_warehouse_in_a_read_only_folder_can_be_read(say: Say, tmp_path: Path) -> None:
    at = tmp_path / "disk"
    path = at / "warehouse.duckdb"
    with disk(at, "64m"):
        stored(path)
        remount(at, "ro")
        code, printed = say("status", path)
        with warehouse.reading(path, name="w") as connection:
            assert connection.execute("select count(*) from w.marts.days").fetchone() == (100_000,)
        with (
            pytest.raises(WarehouseError, match="mounted read-only"),
            warehouse.writing(path),
        ):
            pass

    assert code == 0
    assert "All times are UTC" in printed


@needs_mount
def test_a_history_that_cannot_be_written_is_said_without_a_traceback(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = tmp_path / "disk"
    monkeypatch.setenv("DAGSTER_HOME", str(at / "dagster"))
    with disk(at, "64m"):
        remount(at, "ro")
        code, printed = say("publish", tmp_path / "warehouse.duckdb")

    assert code == 2
    assert "DAGSTER_HOME" in printed
    assert "read-only" in printed


def test_nothing_stored_is_said_at_once_also_beside_a_published_file(
    say: Say, tmp_path: Path
) -> None:
    path = tmp_path / "warehouse.duckdb"
    (tmp_path / "published.duckdb").write_bytes(b"published before")

    code, printed = say("publish", path)

    assert code == 1
    assert printed.splitlines() == [
        "failed nothing is stored yet, so there is nothing to publish: claude-usage run, or"
        " claude-usage demo"
    ]
    assert not path.exists()
    assert (tmp_path / "published.duckdb").read_bytes() == b"published before"


def test_a_published_file_without_a_warehouse_is_no_fault(tmp_path: Path) -> None:
    target = tmp_path / "published.duckdb"
    target.write_bytes(b"published before")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_PATH", str(tmp_path / "warehouse.duckdb"))
        patch.setenv("PUBLISH_PATH", str(target))
        _, faults = read(writes=True)

    assert faults == []


def test_a_reader_makes_no_file_where_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    for opened in (warehouse.connect(path, read_only=True), warehouse.reading(path, name="w")):
        with (
            pytest.raises(WarehouseError, match=r"no warehouse at .* yet"),
            opened,
        ):
            pass

    assert not path.exists()
