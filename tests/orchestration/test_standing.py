"""A published file stands as long as nothing that it was made of has changed, and no longer."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingestion.settings import Settings
from orchestration import standing

RUN = "a-run"


@dataclass(frozen=True)
class Place:
    """A warehouse, a published file, seeds, code and a history, all of which are only files."""

    folder: Path

    def settings(self, **changed: object) -> Settings:
        values: dict[str, object] = {
            "warehouse_path": self.folder / "warehouse.duckdb",
            "publish_path": self.folder / "claude_usage.duckdb",
            "seeds_path": self.folder / "seeds",
        }
        return Settings.model_validate(values | changed)

    def build(self, run_id: str = RUN) -> None:
        settings = self.settings()
        standing.note_built(settings, standing.made_with(settings), run_id)

    def publish(self, run_id: str = RUN) -> None:
        (self.folder / "claude_usage.duckdb").write_text("published")
        standing.note_published(self.settings(), run_id)

    def stands(self, **changed: object) -> bool:
        return standing.standing(self.settings(**changed)) is not None


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    for folder in ("dagster", "seeds", "code/orchestration", "code/dbt_project/target"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "warehouse.duckdb").write_text("stored")
    (tmp_path / "seeds" / "budgets.csv").write_text("month")
    (tmp_path / "code" / "dbt_project" / "model.sql").write_text("select 1")
    monkeypatch.setattr(standing, "ROOT", tmp_path / "code")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    return Place(tmp_path)


@pytest.fixture
def published(place: Place) -> Place:
    place.build()
    place.publish()
    assert place.stands()
    return place


def replace(path: Path) -> None:
    """Put another file of the same content and times in the place of one."""
    beside, times = path.with_name("beside"), path.stat()
    beside.write_bytes(path.read_bytes())
    os.utime(beside, ns=(times.st_atime_ns, times.st_mtime_ns))
    beside.replace(path)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda at: (at / "warehouse.duckdb").write_text("newer!"), id="stored"),
        pytest.param(lambda at: (at / "warehouse.duckdb.wal").touch(), id="log"),
        pytest.param(lambda at: replace(at / "warehouse.duckdb"), id="other-warehouse"),
        pytest.param(lambda at: (at / "warehouse.duckdb").unlink(), id="no-warehouse"),
        pytest.param(lambda at: (at / "claude_usage.duckdb").unlink(), id="not-published"),
        pytest.param(lambda at: replace(at / "claude_usage.duckdb"), id="other-published"),
        pytest.param(lambda at: (at / "seeds" / "budgets.csv").write_text("m,"), id="seed"),
        pytest.param(lambda at: (at / "seeds" / "teams.csv").touch(), id="new-seed"),
        pytest.param(
            lambda at: (at / "code" / "dbt_project" / "model.sql").write_text("select 2"),
            id="model",
        ),
        pytest.param(lambda at: (at / "code/orchestration/new.py").touch(), id="new-code"),
        pytest.param(lambda at: (at / "dagster" / "standing.json").unlink(), id="no-history"),
        pytest.param(
            lambda at: (at / "dagster" / "standing.json").write_text("{"), id="half-a-note"
        ),
        pytest.param(
            lambda at: (at / "dagster" / "standing.json").write_text("{}"), id="empty-note"
        ),
    ],
)
def test_any_file_that_differs_is_a_reason_to_build(
    published: Place, change: Callable[[Path], object]
) -> None:
    change(published.folder)

    assert not published.stands()


@pytest.mark.parametrize(
    "changed",
    [
        {"privacy_level": "pseudonymous", "privacy_key": "0123456789abcdef"},
        {"privacy_min_people": 6},
        {"publish_mode": "0600"},
        {"leaderboard": "on"},
        {"seeds_path": None},
        {"history_start": "2026-02-01"},
        {"github_org": "other"},
    ],
)
def test_any_setting_that_differs_is_a_reason_to_build(
    published: Place, changed: dict[str, object]
) -> None:
    assert not published.stands(**changed)


def test_an_option_of_dbt_or_another_package_is_a_reason_to_build(
    published: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("DBT_FULL_REFRESH", "true")
        assert not published.stands()
    with monkeypatch.context() as patch:
        patch.setattr(standing, "_installed", lambda: ["duckdb-9.9.9.dist-info"])
        assert not published.stands()

    assert published.stands()


def test_what_dbt_makes_of_the_project_is_none(published: Place) -> None:
    (published.folder / "code" / "dbt_project" / "target" / "compiled.sql").touch()

    assert published.stands()


def test_what_is_built_and_not_published_does_not_stand(published: Place) -> None:
    published.build("a-later-run")

    assert not published.stands()


def test_what_another_run_has_built_or_loaded_since_does_not_stand(place: Place) -> None:
    place.build()
    place.publish("another-run")
    assert not place.stands()

    place.build()
    (place.folder / "warehouse.duckdb").write_text("loaded between two steps")
    place.publish()
    assert not place.stands()


def test_without_a_history_nothing_stands(
    published: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_HOME")
    published.build()
    published.publish()

    assert not published.stands()


def test_what_the_run_warned_of_is_kept_with_it(published: Place) -> None:
    standing.note_warnings(["somebody is unknown"])

    found = standing.standing(published.settings())

    assert found is not None
    assert found.warnings == ("somebody is unknown",)
    published.build()
    standing.note_warnings(["of a file that is not published"])
    published.publish()
    assert standing.standing(published.settings()).warnings == ()  # type: ignore[union-attr]


def test_no_setting_can_be_read_from_the_note(published: Place) -> None:
    key = "a-key-of-sixteen-letters"
    settings = published.settings(privacy_level="pseudonymous", privacy_key=key)
    standing.note_built(settings, standing.made_with(settings), RUN)

    assert key not in (published.folder / "dagster" / "standing.json").read_text()


@pytest.mark.parametrize(("run_id", "stands"), [(RUN, True), ("another-run", False)])
def test_what_a_run_keeps_of_its_checks_is_its_own(place: Place, run_id: str, stands: bool) -> None:
    place.build()
    with standing.noted_anew(place.settings(), run_id):
        (place.folder / "warehouse.duckdb").write_text("stored, and checked")
    place.publish()

    assert place.stands() is stands


def test_what_another_wrote_before_the_checks_is_a_reason_to_build(place: Place) -> None:
    place.build()
    (place.folder / "warehouse.duckdb").write_text("stored by another")
    with standing.noted_anew(place.settings(), RUN):
        (place.folder / "warehouse.duckdb").write_text("stored by another, and checked")
    place.publish()

    assert not place.stands()
