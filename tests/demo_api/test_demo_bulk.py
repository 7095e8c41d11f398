"""The large organisation for measuring: right answers, whole pages, the same bytes every time."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import httpx

from demo_api.bulk import BULK_ADMIN_KEY, BulkOrganisation, BulkServer, bulk_process

FIRST = date(2026, 2, 27)
HEADERS = {"x-api-key": BULK_ADMIN_KEY, "anthropic-version": "2023-06-01"}


def test_served_records_add_up_at_any_page_size() -> None:
    organisation = BulkOrganisation(people=23, days=3, first_day=FIRST)
    truth = organisation.truth()
    with (
        BulkServer(organisation) as server,
        httpx.Client(
            base_url=f"{server.url}/v1/organizations/", headers=HEADERS, verify=False
        ) as client,
    ):
        for limit in (1000, 20, 5):
            records = []
            for day in organisation.day_names:
                page: dict[str, str] = {}
                while True:
                    params = {"starting_at": day, "limit": str(limit)} | page
                    answer = client.get("usage_report/claude_code", params=params).json()
                    records += answer["data"]
                    if not answer["has_more"]:
                        break
                    page = {"page": answer["next_page"]}
            uses = [use for record in records for use in record["model_breakdown"]]
            assert len(records) == truth.records == 69
            assert len(uses) == truth.model_rows == 207
            assert sum(use["estimated_cost"]["amount"] for use in uses) == truth.estimated_cents
            assert sum(sum(use["tokens"].values()) for use in uses) == truth.tokens
            assert sum(r["core_metrics"]["num_sessions"] for r in records) == truth.sessions
        outside = client.get("usage_report/claude_code", params={"starting_at": "2026-03-02"})
        assert outside.json()["data"] == []
        users = client.get("users", params={"limit": 1000}).json()
        assert len(users["data"]) == 23
        refused = client.get("me", headers={"x-api-key": "wrong"})
        assert refused.status_code == 401


def test_pages_on_disk_are_the_pages_served(tmp_path: Path) -> None:
    organisation = BulkOrganisation(people=12, days=2, first_day=FIRST)
    paths = organisation.write_pages(tmp_path, limit=5)
    assert [path.name for path in paths][:4] == [
        "2026-02-27.0001.json",
        "2026-02-27.0002.json",
        "2026-02-27.0003.json",
        "2026-02-28.0001.json",
    ]
    again = BulkOrganisation(people=12, days=2, first_day=FIRST)
    assert [path.read_bytes() for path in paths[:3]] == again.pages("2026-02-27", limit=5)
    assert len(json.loads(paths[2].read_bytes())["data"]) == 2


def test_it_can_live_in_a_process_of_its_own() -> None:
    with bulk_process(people=3, days=1, first_day=FIRST) as environment:
        url = f"{environment['ANTHROPIC_BASE_URL']}/v1/organizations/usage_report/claude_code"
        answer = httpx.get(url, params={"starting_at": str(FIRST)}, headers=HEADERS)
        assert len(answer.json()["data"]) == 3
