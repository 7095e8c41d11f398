"""Loads of a gateway's log by its API over HTTP, held against loads of the same from Postgres."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from ingestion_bench import QUICK
from pydantic import SecretStr

from demo_api import DemoServer, Fault
from ingestion.errors import ConfigurationError
from ingestion.litellm import api
from ingestion.litellm.findings import findings
from ingestion.litellm.load import load_litellm
from ingestion.loading import LoadReport
from ingestion.settings import Settings
from tests.ingestion.litellm_gateway import SALT, Gateway, request, usage

TODAY = datetime.now(UTC).date()
START = TODAY - timedelta(days=5)
STORED = "select * exclude (fetched_at, run_id) from raw_litellm.requests order by request_id"
TOTALS = (
    "select * exclude (fetched_at, run_id) from raw_litellm.daily_totals"
    " where entity = 'user' order by usage_date"
)


def day(back: int) -> str:
    return str(TODAY - timedelta(days=back))


def log() -> list[dict[str, Any]]:
    """Requests at the ends of days, of several routes, and a failure."""
    return [
        request("msg_first", f"{day(4)}T00:00:00.000"),
        request("msg_last", f"{day(4)}T23:59:59.999", spend=1e-07),
        request("msg_next", f"{day(3)}T00:00:00.000", usage=usage(3)),
        request(
            "chatcmpl-1",
            f"{day(2)}T10:00:00.123",
            usage=usage(11, read=220, write_5m=500, write_1h=1000),
            model="bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            spend=0.0094314,
        ),
        request(
            "failed",
            f"{day(1)}T10:00:00.000",
            status="failure",
            usage={},
            prompt_tokens=15,
            spend=0,
            user=None,
        ),
    ]


@pytest.fixture
def proxy() -> Iterator[DemoServer]:
    with DemoServer() as server:
        server.gateway_api.rows = log()
        yield server


def settings(server: DemoServer, folder: Path, **overrides: Any) -> Settings:
    given = {
        "litellm_base_url": f"{server.url}/litellm",
        "litellm_api_key": SecretStr(server.gateway_api.key),
        "litellm_tag_namespace": "cost-center",
        "identity_salt": SecretStr(SALT),
        "warehouse_path": folder / "warehouse.duckdb",
        **overrides,
    }
    return Settings(**given)


def load(server: DemoServer, folder: Path, run_id: str = "run_1", **overrides: Any) -> LoadReport:
    chosen = settings(server, folder, **overrides)
    return load_litellm(chosen, run_id=run_id, start=START, retry=QUICK)


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(query).fetchall()


def test_both_ways_store_the_same(proxy: DemoServer, gateway: Gateway, tmp_path: Path) -> None:
    gateway.make()
    gateway.add(*log())
    gateway.add_daily_sums()
    gateway.give_views()
    load_litellm(gateway.settings(), run_id="run_1", start=START)
    by_postgres = gateway.stored(), gateway.rows(TOTALS)

    folder = tmp_path / "api"
    folder.mkdir()
    report = load(proxy, folder)

    assert report.failures == []
    assert (rows(folder, STORED), rows(folder, TOTALS)) == by_postgres
    assert len(by_postgres[0]) == 5


def test_all_pages_of_a_day_come_and_none_twice(
    proxy: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "PAGE_SIZE", 7)
    many = [request(f"msg_{n:03}", f"{day(2)}T12:{n // 60:02}:{n % 60:02}") for n in range(100)]
    proxy.gateway_api.rows = many

    load(proxy, tmp_path)

    assert rows(
        tmp_path, "select count(*), count(distinct request_id) from raw_litellm.requests"
    ) == [(100, 100)]


def test_a_request_at_midnight_comes_once_though_two_days_are_asked_for_it(
    proxy: DemoServer, tmp_path: Path
) -> None:
    report = load(proxy, tmp_path)

    assert report.warnings == {}
    assert rows(tmp_path, "select count(*) from raw_litellm.duplicate_rows") == [(0,)]


def test_a_total_that_is_capped_is_not_believed(proxy: DemoServer, tmp_path: Path) -> None:
    def capped(document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "total": 1, "total_pages": 0, "total_is_capped": True}

    proxy.faults.add(Fault(kind="edit", path_contains="spend/logs/v2", edit=capped, times=None))

    report = load(proxy, tmp_path)

    assert report.failures == []
    assert rows(tmp_path, "select count(*) from raw_litellm.requests") == [(5,)]


def test_a_day_of_sums_on_two_pages_is_added_up(proxy: DemoServer, tmp_path: Path) -> None:
    proxy.gateway_api.rows = [
        request(f"msg_{n}", f"{day(2)}T12:00:00", user=f"user-{n}", spend=0.1) for n in range(5)
    ]
    proxy.gateway_api.daily_page_size = 2

    load(proxy, tmp_path)

    assert rows(tmp_path, "select spend_usd, request_count from raw_litellm.daily_totals") == [
        (Decimal("0.5"), 5)
    ]


def test_json_that_a_version_writes_as_text_is_read(proxy: DemoServer, tmp_path: Path) -> None:
    one = request("msg_1", f"{day(2)}T12:00:00")
    as_text = {name: json.dumps(one[name]) for name in ("metadata", "request_tags")}
    proxy.gateway_api.rows = [one, {**one, "request_id": "msg_2", **as_text}]

    # Its sums are made of the same rows, which only the log has as text.
    proxy.faults.add(Fault(path_contains="daily/activity", status=404, times=None))
    report = load(proxy, tmp_path)

    first, second = rows(tmp_path, STORED)
    assert first[1:] == second[1:]
    assert [one.endpoint for one in report.not_offered] == ["daily_totals"]


def test_a_day_that_fails_is_read_again_and_what_is_after_it_not_before(
    proxy: DemoServer, tmp_path: Path
) -> None:
    proxy.faults.add(
        Fault(
            path_contains="spend/logs/v2",
            query_contains=f"start_date={day(3)}",
            status=500,
            times=None,
        )
    )

    report = load(proxy, tmp_path)

    assert [(one.endpoint, one.window_key) for one in report.failures] == [("requests", day(3))]
    assert rows(tmp_path, "select count(*) from raw_litellm.requests") == [(2,)]
    ledger = (
        "select window_key, status from raw_litellm.completeness_ledger where endpoint = 'requests'"
    )
    assert rows(tmp_path, f"{ledger} and status <> 'complete'") == [(day(3), "failed")]

    proxy.faults.clear()
    load(proxy, tmp_path, "run_2")

    assert rows(tmp_path, "select count(*) from raw_litellm.requests") == [(5,)]
    assert rows(tmp_path, f"{ledger} and status = 'failed'") == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(path_contains="spend/logs", status=401, times=None), "The key is wrong"),
        (Fault(kind="html", path_contains="spend/logs", status=200, times=None), "not whole JSON"),
        (
            Fault(
                kind="edit", path_contains="spend/logs", edit=lambda _: {"data": [{}]}, times=None
            ),
            "not of the documented shape",
        ),
    ],
)
def test_what_is_no_log_fails_and_loses_nothing(
    proxy: DemoServer, tmp_path: Path, fault: Fault, said: str
) -> None:
    load(proxy, tmp_path)
    before = rows(tmp_path, STORED)
    proxy.faults.add(fault)

    report = load(proxy, tmp_path, "run_2")

    assert any(said in failure.error for failure in report.failures)
    assert rows(tmp_path, STORED) == before


def test_the_key_goes_in_a_header_and_nowhere_else(proxy: DemoServer, tmp_path: Path) -> None:
    load(proxy, tmp_path)

    asked = [one for one in proxy.requests if one.path.startswith("/litellm")]
    assert {one.headers["authorization"] for one in asked} == {f"Bearer {proxy.gateway_api.key}"}
    assert not any(proxy.gateway_api.key in f"{one.path}?{one.query}" for one in asked)


def test_doctor_asks_for_the_version_and_the_log(proxy: DemoServer, tmp_path: Path) -> None:
    (found,) = findings(settings(proxy, tmp_path))
    assert (found.is_wrong, found.details) == (False, "version 1.108.7, its log can be read")

    wrong = settings(proxy, tmp_path, litellm_api_key=SecretStr("sk-of-somebody-else"))
    (refused,) = findings(wrong)
    assert refused.is_wrong
    assert "sk-of-somebody-else" not in refused.details


def test_a_key_without_an_address_is_no_gateway(tmp_path: Path) -> None:
    alone = Settings(
        litellm_api_key=SecretStr("sk-1234567890"), warehouse_path=tmp_path / "warehouse.duckdb"
    )

    with pytest.raises(ConfigurationError, match="LITELLM_BASE_URL is not set"):
        load_litellm(alone, run_id="r", start=START)
