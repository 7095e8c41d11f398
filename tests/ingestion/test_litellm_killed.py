"""A load of a gateway's log that is killed at any moment loses and doubles nothing."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerContext
from typing import Any

import duckdb
import pytest
from kill_runs import forkserver_of, run_for

from ingestion.litellm.load import load_litellm
from ingestion.settings import Settings
from tests.ingestion.litellm_gateway import Gateway, request

DAYS = 4
REQUESTS_A_DAY = 2_000
KILLS = 8
TODAY = datetime.now(UTC).date()
START = TODAY - timedelta(days=DAYS)


def load(settings: Settings, run_id: str) -> None:
    assert load_litellm(settings, run_id=run_id, start=START).failures == []


@pytest.fixture(scope="module")
def forkserver() -> ForkServerContext:
    return forkserver_of("test_litellm_killed")


def stored(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        has_rows = connection.execute(
            "select count(*) from duckdb_tables() where schema_name = 'raw_litellm'"
            " and table_name in ('requests', 'completeness_ledger')"
        ).fetchone()
        return connection.execute(query).fetchall() if has_rows == (2,) else []


def assert_honest(settings: Settings) -> None:
    """No request is there twice, and a day that is said to be complete has all of its own."""
    twice = "select request_id from raw_litellm.requests group by all having count(*) > 1"
    assert stored(settings, twice) == []
    lacking = stored(
        settings,
        "select window_key, record_count, found.request_count"
        " from raw_litellm.completeness_ledger as ledger left join ("
        " select cast(started_at at time zone 'UTC' as date)::varchar as window_key,"
        " count(*) as request_count from raw_litellm.requests group by all"
        ") as found using (window_key)"
        " where endpoint = 'requests' and status = 'complete'"
        " and record_count <> coalesce(found.request_count, 0)",
    )
    assert lacking == []


@pytest.mark.soak
def test_a_killed_load_of_a_gateway_is_made_good_by_the_next(
    gateway: Gateway, forkserver: ForkServerContext
) -> None:
    gateway.make()
    for number in range(DAYS):
        day = START + timedelta(days=number)
        gateway.add(*(request(f"{day}-{one}", f"{day}T12:00:00") for one in range(REQUESTS_A_DAY)))
    gateway.give_views()
    settings = gateway.settings()
    whole = settings.model_copy(
        update={"warehouse_path": gateway.warehouse.with_name("whole.duckdb")}
    )
    seconds, code = run_for(forkserver, load, whole, "whole", None)
    assert code == 0

    chance = random.Random(20261201)
    moments = [seconds * (one + chance.random()) / KILLS for one in range(KILLS)]
    chance.shuffle(moments)
    codes = []
    for number, moment in enumerate(moments):
        codes.append(run_for(forkserver, load, settings, f"killed-{number}", moment)[1])
        assert_honest(settings)
    assert codes.count(-9) >= KILLS // 2
    load(settings, "last")
    assert_honest(settings)
    rows = "select * exclude (run_id, fetched_at) from raw_litellm.requests order by request_id"
    assert stored(settings, rows) == stored(whole, rows)
    assert len(stored(settings, rows)) == DAYS * REQUESTS_A_DAY
