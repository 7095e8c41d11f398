"""Who may read what the pipeline writes, under a umask that lets everybody.

A row is a file or folder, below the folder that a command was run in, and its mode. What is there
and has no row must be private too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from pydantic import ValidationError

from ingestion import warehouse
from ingestion.private_files import make_tree_private
from ingestion.settings import Settings
from publishing import Privacy, publish


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where the real command was run, and an earlier version had left files."""
    folder = tmp_path_factory.mktemp("place")
    folder.chmod(0o755)
    earlier = folder / "data" / "dagster" / "history" / "runs"
    earlier.mkdir(parents=True)
    for path in (earlier / "old.db", folder / "data" / "warehouse.sums.duckdb"):
        path.touch()
    for path in (folder / "data", *(folder / "data").rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    # Nothing listens there, so it makes all files, stores nothing and publishes none.
    finished = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os; os.umask(0); from claude_usage.cli import main; main()",
            *("run", "--source", "anthropic", "--start", "2026-10-05", "--end", "2026-10-05"),
        ],
        cwd=folder,
        env={
            **{name: v for name, v in os.environ.items() if name != "DAGSTER_HOME"},
            "ANTHROPIC_ADMIN_KEY": "sk-ant-admin01-test",
            "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert "nothing is stored" in finished.stderr, finished.stderr
    return folder


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("data/warehouse.duckdb", 0o600, id="warehouse"),
        pytest.param("data/warehouse.duckdb.lock", 0o600, id="lock"),
        pytest.param("data/warehouse.sums.duckdb", 0o600, id="sums-of-an-earlier-version"),
        pytest.param("data/dagster", 0o700, id="history"),
        pytest.param("data/dagster/dagster.yaml", 0o600, id="configuration"),
        pytest.param("data/dagster/last_run.log", 0o600, id="log"),
        pytest.param("data/dagster/history/runs", 0o700, id="folder-of-an-earlier-version"),
        pytest.param("data/dagster/history/runs/old.db", 0o600, id="file-of-an-earlier-version"),
        pytest.param(".", 0o755, id="a-folder-of-the-user"),
        pytest.param("data", 0o755, id="a-folder-that-was-there"),
    ],
)
def test_a_file_has_its_mode(path: str, expected: int, place: Path) -> None:
    assert oct(mode(place / path)) == oct(expected)


def test_nothing_else_is_open_to_others(place: Path) -> None:
    paths = [path for path in (place / "data").rglob("*") if not path.is_symlink()]

    assert len(paths) > 8
    assert [str(path) for path in paths if mode(path) & 0o077] == []


@pytest.fixture
def anybody() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("anybody")
def test_folders_that_are_made_are_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    path = tmp_path / "new" / "data" / "warehouse.duckdb"
    with warehouse.prepared(path):
        # As long as it is open, too.
        open_files = {one.name: oct(mode(one)) for one in path.parent.iterdir()}

    assert set(open_files.values()) == {"0o600"}
    assert [oct(mode(one)) for one in (path.parent, path.parent.parent)] == ["0o700", "0o700"]
    assert oct(mode(tmp_path)) == "0o755"


def test_a_link_out_of_the_history_is_not_followed(tmp_path: Path) -> None:
    others, history = tmp_path / "others", tmp_path / "history"
    others.touch(0o644)
    history.mkdir(mode=0o755)
    (history / "link").symlink_to(others)
    make_tree_private(history)

    assert oct(mode(others)) == "0o644"


@pytest.mark.usefixtures("anybody")
@pytest.mark.parametrize(
    ("level", "set_to", "expected", "folder"),
    [
        pytest.param("named", None, 0o640, 0o750, id="named"),
        pytest.param("pseudonymous", None, 0o644, 0o755, id="pseudonymous"),
        pytest.param("team", None, 0o644, 0o755, id="team"),
        pytest.param("named", "600", 0o600, 0o700, id="set-to-600"),
        pytest.param("team", "0660", 0o660, 0o750, id="set-to-0660"),
    ],
)
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077], ids=oct)
def test_the_published_file_has_the_mode_that_is_set(
    level: str, set_to: str | None, expected: int, folder: int, umask: int, tmp_path: Path
) -> None:
    source, target = tmp_path / "warehouse.duckdb", tmp_path / "shared" / "claude_usage.duckdb"
    with duckdb.connect(str(source)) as connection:
        connection.execute("create schema marts; create table marts.dim_dates as select 1 as n")
    privacy = Privacy(level, "0123456789abcdef")  # type: ignore[arg-type]
    os.umask(umask)
    for _ in range(2):
        publish(source, target, privacy, Settings(publish_mode=set_to).publish_mode)  # type: ignore[arg-type]

    assert (oct(mode(target)), oct(mode(target.parent))) == (oct(expected), oct(folder))
    assert os.umask(0) == umask


@pytest.mark.parametrize("text", ["999", "rw-r--r--", "0755", "0", "0o640", "044"])
def test_a_mode_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="octal"):
        Settings(publish_mode=text)  # type: ignore[arg-type]
