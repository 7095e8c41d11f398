"""Parquet beside the published file: whole, checked, and never of two publishes."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from exports import snapshot
from exports.published import ExportError

COSTS = "fct_billed_costs_daily"


def publish(path: Path, moment: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create or replace table quality.published_file as select"
            f" timestamp '{moment}' as published_at, 'named' as privacy_level,"
            " '0.1.0' as project_version"
        )


@pytest.fixture
def folder(published_file: Path, tmp_path: Path) -> Path:
    published_file.chmod(0o640)
    publish(published_file, "2026-11-02 03:30:00")
    return tmp_path / "parquet"


def read(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / snapshot.MANIFEST).read_text())
    for table in manifest["tables"].values():
        rows = 0
        for one in table["files"]:
            body = (folder / one["path"]).read_bytes()
            assert hashlib.sha256(body).hexdigest() == one["sha256"]
            assert len(body) == one["bytes"]
            rows += pq.read_metadata(folder / one["path"]).num_rows
        assert rows == table["rows"]
    return manifest


def test_it_has_all_tables_and_says_what_they_are(published_file: Path, folder: Path) -> None:
    assert snapshot.write(published_file, folder) == read(folder)
    manifest = read(folder)

    assert manifest["published_at"] == "2026-11-02T03:30:00.000000Z"
    assert manifest["privacy_level"] == "named"
    costs = manifest["tables"][COSTS]
    assert costs["partitioned_by"] == "usage_month"
    assert costs["columns"]["billed_cost_usd"] == "DECIMAL(18,6)"
    months = [Path(one["path"]).parent.name for one in costs["files"]]
    assert months == ["usage_month=2026-10", "usage_month=2026-11"]
    paths = [str(folder / one["path"]) for one in costs["files"]]
    found = duckdb.sql(f"select sum(billed_cost_usd) from read_parquet({paths})").fetchall()
    assert found == [(Decimal("3.610001"),)]
    modes = {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}
    assert modes == {0o640}
    folders = {
        path.stat().st_mode & 0o777 for path in (folder, *folder.rglob("*")) if path.is_dir()
    }
    assert folders == {0o750}


def test_the_same_file_is_the_same_parquet(published_file: Path, folder: Path) -> None:
    first = snapshot.write(published_file, folder)
    assert snapshot.write(published_file, folder) == first
    assert read(folder) == first


def test_a_reader_that_has_begun_keeps_its_generation(published_file: Path, folder: Path) -> None:
    snapshot.write(published_file, folder)
    begun = read(folder)
    publish(published_file, "2026-11-03 03:30:00")
    snapshot.write(published_file, folder)

    assert read(folder)["generation"] > begun["generation"]
    for table in begun["tables"].values():
        assert all((folder / one["path"]).exists() for one in table["files"])
    publish(published_file, "2026-11-04 03:30:00")
    snapshot.write(published_file, folder)
    assert len(list((folder / snapshot.GENERATIONS).iterdir())) == 2
    assert not (folder / begun["tables"][COSTS]["files"][0]["path"]).exists()


def test_one_that_fails_leaves_the_one_before(
    published_file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshot.write(published_file, folder)
    publish(published_file, "2026-11-03 03:30:00")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshot, "_share", full)
    with pytest.raises(OSError, match="No space"):
        snapshot.write(published_file, folder)
    assert read(folder) == before
    assert [path.name for path in (folder / snapshot.GENERATIONS).iterdir()] == [
        before["generation"]
    ]


def test_without_a_published_file_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ExportError):
        snapshot.write(tmp_path / "none.duckdb", tmp_path / "parquet")
    assert not (tmp_path / "parquet").exists()


def test_what_is_lost_or_broken_is_written_anew(published_file: Path, folder: Path) -> None:
    manifest = snapshot.write(published_file, folder)
    (folder / manifest["tables"][COSTS]["files"][0]["path"]).unlink()
    assert snapshot.write(published_file, folder)["tables"][COSTS]["rows"] == 4
    read(folder)

    (folder / snapshot.MANIFEST).write_text("{")
    snapshot.write(published_file, folder)
    read(folder)


def test_a_clock_that_goes_back_takes_no_generation_from_its_readers(
    published_file: Path, folder: Path
) -> None:
    begun = snapshot.write(published_file, folder)
    publish(published_file, "2026-11-01 03:30:00")
    snapshot.write(published_file, folder)
    assert (folder / begun["tables"][COSTS]["files"][0]["path"]).exists()


def test_what_duckdb_cannot_write_is_an_error_in_words(
    published_file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise duckdb.IOException("IO Error: disk is full")

    monkeypatch.setattr(snapshot, "_table", full)
    with pytest.raises(ExportError, match="disk is full"):
        snapshot.write(published_file, folder)
    assert snapshot.current(folder) is None
