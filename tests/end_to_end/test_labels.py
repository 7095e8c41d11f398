"""Attribution against labels given by hand, on real public history served over HTTP.

The history is not part of the project: it lies beside it, or where REAL_HISTORY_PATH says.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from demo_api import DemoServer, load_rest_history
from tests.end_to_end.conftest import Place

BESIDE = Path(__file__).parents[3] / "shared" / "data" / "github"
HISTORY = Path(os.environ.get("REAL_HISTORY_PATH", BESIDE))

pytestmark = pytest.mark.skipif(
    not (HISTORY / "labels.jsonl.gz").exists(),
    reason="the labelled history is not here (REAL_HISTORY_PATH)",
)


@dataclass(frozen=True)
class Score:
    """How often `with_claude` was said rightly, wrongly, and not said."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed)

    def __str__(self) -> str:
        return f"precision {self.precision:.3f}, recall {self.recall:.3f} ({self.right} right)"


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts of all labelled repositories, loaded by the command over HTTP."""
    github = load_rest_history(HISTORY)
    names = ",".join(
        folder.name.replace("__", "/") for folder in HISTORY.iterdir() if folder.is_dir()
    )
    with DemoServer(github=github) as server:
        place = Place(tmp_path_factory.mktemp("labels"), server)
        finished = place.run(
            "run", "--source", "github", "--start", "2015-01-01",
            GITHUB_ORG="", GITHUB_REPOS=names,
        )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    with duckdb.connect(str(place.published), read_only=True) as connection:
        yield connection


def _line_count(file: Path) -> int:
    with gzip.open(file) as lines:
        return sum(1 for _ in lines)


def _labels(file: str) -> list[dict[str, object]]:
    with gzip.open(HISTORY / file, "rt") as lines:
        labels = [json.loads(line) for line in lines]
    return [label for label in labels if label["confidence"] in ("high", "medium")]


def _score(said: set[object], labels: dict[object, bool]) -> Score:
    return Score(
        right=sum(is_claude and key in said for key, is_claude in labels.items()),
        wrong=sum(not is_claude and key in said for key, is_claude in labels.items()),
        missed=sum(is_claude and key not in said for key, is_claude in labels.items()),
    )


def test_commits_are_attributed_as_the_labels_say(
    marts: duckdb.DuckDBPyConnection, capsys: pytest.CaptureFixture[str]
) -> None:
    # Some labelled commits are only on a branch: for those the evidence itself is asked.
    said = marts.execute(
        """
        select repository, commit_sha from marts.fct_commits
        where claude_attribution = 'with_claude'
        union
        select repository, subject_id from marts.fct_attribution_evidence
        where subject_type = 'commit' and agent = 'claude' and is_conclusive
        """
    ).fetchall()
    labels = {
        (one["repo"], one["sha"]): "claude" in one["agents"] for one in _labels("labels.jsonl.gz")
    }

    score = _score(set(said), labels)

    with capsys.disabled():
        print(f"\ncommits: {score} of {len(labels)}")
    assert score.right > 100
    assert score.precision >= 0.99
    assert score.recall >= 0.99


def test_pull_requests_are_attributed_as_the_labels_say(
    marts: duckdb.DuckDBPyConnection, capsys: pytest.CaptureFixture[str]
) -> None:
    said = marts.execute(
        "select repository, pull_request_number from marts.fct_pull_requests"
        " where claude_attribution = 'with_claude'"
    ).fetchall()
    labels = {
        (one["repo"], one["pull_number"]): "claude" in one["agents"]
        for one in _labels("pull_labels.jsonl.gz")
    }

    score = _score(set(said), labels)

    with capsys.disabled():
        print(f"\npull requests: {score} of {len(labels)}")
    assert score.right > 80
    assert score.precision >= 0.99
    assert score.recall >= 0.99


def test_all_commits_and_pull_requests_of_the_history_are_there(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    for table, file in (("fct_commits", "commits"), ("fct_pull_requests", "pulls")):
        expected = {
            folder.name.replace("__", "/"): _line_count(folder / f"{file}.jsonl.gz")
            for folder in HISTORY.iterdir()
            if folder.is_dir()
        }
        rows = marts.execute(f"select repository, count(*) from marts.{table} group by all")
        assert dict(rows.fetchall()) == expected
