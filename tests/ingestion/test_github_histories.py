"""Real histories, in as few requests as there are pages: counted, not estimated.

The history is not part of the project: it lies beside it, or where REAL_HISTORY_PATH says.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from ingestion_bench import Bench

from demo_api import DemoServer
from demo_api.git_store import GitHubData
from demo_api.rest_history import load_rest_history

BESIDE = Path(__file__).parents[3] / "shared" / "data" / "github"
FOLDER = Path(os.environ.get("REAL_HISTORY_PATH", BESIDE))
BEFORE_EVERYTHING = date(2005, 1, 1)

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the history is not here (REAL_HISTORY_PATH)"
)


@pytest.fixture(scope="module")
def histories() -> GitHubData:
    return load_rest_history(FOLDER, owner="larkfield")


@pytest.fixture
def real(histories: GitHubData, settings_for) -> Iterator[Bench]:
    # Without a limit on points: requests are what is counted here.
    with DemoServer(github=histories, rate_limit_headers=False) as server:
        bench = Bench(server, settings_for(server))
        yield bench
        bench.close()


def test_histories_are_read_in_as_few_requests_as_there_are_pages(
    real: Bench, histories: GitHubData, record_property
) -> None:
    repositories = histories.repositories
    pull_count = sum(len(one.pull_requests) for one in repositories)
    commit_count = sum(len(one.history(one.head or "")) for one in repositories)
    allowed = pull_count / 50 + commit_count / 100 + 3 * len(repositories)

    first = real.github(BEFORE_EVERYTHING)

    assert (first.failures, first.short_lists) == ([], 0)
    record_property("requests", first.request_count)
    record_property("allowed", allowed)
    assert len(real.server.requests) == first.request_count <= allowed
    assert real.rows("select count(*) from raw_github.pull_requests") == [(pull_count,)]
    assert real.rows("select count(*) from raw_github.commits") == [(commit_count,)]
    for name in ("commits", "files"):
        wanted = sum(
            len(getattr(pull, name) or ())
            for one in repositories
            for pull in one.pull_requests.values()
        )
        assert read(real, name) == wanted

    second = real.github(BEFORE_EVERYTHING)
    assert second.failures == []
    assert second.request_count <= math.ceil(len(repositories) / 100) + 1


def read(bench: Bench, name: str) -> int:
    """Return how many items of a list are stored, on first pages and on those that follow."""
    ((first, more),) = bench.rows(
        f"""
        select
            sum(json_array_length(body, '$.{name}.nodes')),
            sum(list_sum(list_transform(
                json_extract(more_{name}, '$[*].nodes'), lambda nodes: json_array_length(nodes)
            )))
        from raw_github.pull_requests
        """
    )
    return int(first or 0) + int(more or 0)
