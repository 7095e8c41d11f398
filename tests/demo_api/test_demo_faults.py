"""Faults happen on the wire, as often as they should, and the world changes under a client."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest
from demo_clients import GraphQL, all_pages, anthropic_client

from demo_api import DemoServer, Fault, storm
from ingestion.github import queries

DAY = "2026-10-20"


def get_day(client: httpx.Client, day: str = DAY) -> httpx.Response:
    return client.get("usage_report/claude_code", params={"starting_at": day, "limit": 1000})


def test_a_status_strikes_after_and_as_often_as_told(
    own_admin: httpx.Client, own_server: DemoServer
) -> None:
    fault = Fault(
        path_contains="claude_code", status=429, headers={"retry-after": "7"}, times=2, after=1
    )
    own_server.faults.add(fault)
    answers = [get_day(own_admin) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 429, 429, 200]
    assert answers[1].headers["retry-after"] == "7"
    assert answers[1].json()["error"]["type"] == "rate_limit_error"
    assert own_admin.get("me").status_code == 200
    assert own_server.faults.pending == []
    assert [request.fault for request in own_server.requests] == [None, "status", "status"] + [
        None
    ] * 2


def test_a_body_is_dropped_with_the_connection(
    own_admin: httpx.Client, own_server: DemoServer
) -> None:
    own_server.faults.add(Fault("drop_mid_body"))
    received: list[bytes] = []
    params = {"starting_at": DAY, "limit": "1000"}
    with own_admin.stream("GET", "usage_report/claude_code", params=params) as response:
        promised = int(response.headers["content-length"])
        with pytest.raises(httpx.RemoteProtocolError):
            received.extend(response.iter_raw())
    assert 0 < sum(map(len, received)) < promised
    assert get_day(own_admin).status_code == 200


def test_a_torn_body_has_a_right_length(own_admin: httpx.Client, own_server: DemoServer) -> None:
    own_server.faults.add(Fault("truncate"))
    response = get_day(own_admin)
    assert int(response.headers["content-length"]) == len(response.content)
    with pytest.raises(json.JSONDecodeError):
        response.json()


def test_a_connection_ends_before_the_answer(
    own_admin: httpx.Client, own_server: DemoServer
) -> None:
    own_server.faults.add(Fault("disconnect"))
    with pytest.raises(httpx.TransportError):
        get_day(own_admin)


def test_html_delay_and_edit(own_admin: httpx.Client, own_server: DemoServer) -> None:
    def leave_out(document: Any) -> Any:
        del document["has_more"]
        return document

    own_server.faults.add(
        Fault("html", status=502), Fault("delay", seconds=0.2), Fault("edit", edit=leave_out)
    )
    page = get_day(own_admin)
    assert page.status_code == 502
    assert page.headers["content-type"].startswith("text/html")
    begun = time.perf_counter()
    assert get_day(own_admin).json()["has_more"] is False
    assert time.perf_counter() - begun > 0.2
    assert set(get_day(own_admin).json()) == {"data", "next_page"}


def test_graphql_errors_and_partial_answers(own_ask: GraphQL, own_server: DemoServer) -> None:
    limited = {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}
    own_server.faults.add(
        Fault("graphql_error", body_contains="PullRequests", body=limited),
        Fault("graphql_partial", body_contains="PullRequests"),
    )
    variables = {"owner": "larkfield", "name": "storefront", "pageSize": 5}
    assert "errors" not in own_ask(queries.VIEWER)
    assert own_ask(queries.pull_requests()[0], **variables) == limited
    partial = own_ask(queries.pull_requests()[0], **variables)
    nodes = partial["data"]["repository"]["pullRequests"]["nodes"]
    assert partial["errors"][0]["path"][-2:] == ["nodes", len(nodes) - 1]
    assert "errors" not in own_ask(queries.pull_requests()[0], **variables)


def test_a_storm_never_outlasts_three_tries(server: DemoServer) -> None:
    def weather(seed: int) -> list[str]:
        stormy = DemoServer(server.organisation, faults=storm(seed, 0.6))
        with stormy, anthropic_client(stormy) as client:
            for day in range(1, 13):
                for attempt in range(3):
                    try:
                        response = get_day(client, f"2026-10-{day:02d}")
                        if response.status_code == 200 and response.json():
                            break
                    except (httpx.TransportError, json.JSONDecodeError):
                        assert attempt < 2
                else:
                    pytest.fail("three tries were not enough")
            return [kind for kind, _ in stormy.faults.struck]

    first = weather(3)
    assert len(set(first)) > 2
    assert weather(3) == first


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown kind"):
        Fault("earthquake")


def test_requests_are_recorded(own_ask: GraphQL, own_server: DemoServer) -> None:
    own_ask(queries.VIEWER)
    (request,) = own_server.requests
    assert (request.method, request.path) == ("POST", "/github/graphql")
    assert json.loads(request.body)["query"] == queries.VIEWER
    assert request.headers["authorization"].startswith("Bearer ")


def test_a_day_is_revised_to_fewer_and_to_nothing(
    own_admin: httpx.Client, own_server: DemoServer
) -> None:
    before = own_server.truth()
    own_server.world.revise_day(DAY, keep=3)
    assert len(get_day(own_admin).json()["data"]) == 3
    own_server.world.revise_day(DAY)
    own_server.world.revise_cost_day(DAY)
    assert get_day(own_admin).json()["data"] == []
    after = own_server.truth()
    assert after.by_day[DAY].records == after.billed_cents_by_day[DAY] == 0
    assert after.billed_cents == before.billed_cents - before.billed_cents_by_day[DAY]
    bucket = own_admin.get("cost_report", params={"starting_at": f"{DAY}T00:00:00Z"}).json()
    assert bucket["data"][0]["results"] == []


def test_a_paging_sequence_keeps_its_boundary(
    own_admin: httpx.Client, own_server: DemoServer
) -> None:
    params = {"starting_at": DAY, "limit": "10"}
    first = own_admin.get("usage_report/claude_code", params=params).json()
    count = own_server.truth().by_day[DAY].records
    own_server.world.revise_day(DAY)
    rest = all_pages(own_admin, "usage_report/claude_code", params | {"page": first["next_page"]})
    assert len(first["data"]) + len(rest) == count
    assert get_day(own_admin).json()["data"] == []


def test_an_unknown_field_and_a_doubled_record(
    own_admin: httpx.Client, own_server: DemoServer
) -> None:
    count = len(get_day(own_admin).json()["data"])
    own_server.world.add_unknown_field(DAY, "mood", {"is_good": True})
    own_server.world.repeat_record(DAY)
    records = get_day(own_admin).json()["data"]
    assert len(records) == count + 1
    assert records[0] == records[-1]
    assert all(record["mood"] == {"is_good": True} for record in records)


def heads(ask: GraphQL) -> dict[str, str]:
    answer = ask(queries.ORGANIZATION_REPOSITORIES, organization="larkfield")
    nodes = answer["data"]["organization"]["repositories"]["nodes"]
    return {
        node["nameWithOwner"]: (node["defaultBranchRef"] or {}).get("target", {}).get("oid")
        for node in nodes
    }


def test_git_worlds_change(own_ask: GraphQL, own_server: DemoServer) -> None:
    world, name = own_server.world, "larkfield/storefront"
    before = own_server.truth(last_day="2026-12-31").repositories[name].commits
    pushed = world.add_commit(name, message="Later", claude_truth="with_claude")
    assert heads(own_ask)[name] == pushed
    old = world.merge_old_branch(name, count=2)
    history = own_server.github.named(name).history(heads(own_ask)[name])
    assert set(old) <= {commit.oid for commit in history}
    assert own_server.truth(last_day="2026-12-31").repositories[name].commits == before + 4
    rewritten = world.force_push(name, drop=2)
    reachable = {commit.oid for commit in own_server.github.named(name).history(rewritten)}
    assert pushed not in reachable
    number = world.add_pull_request(name, title="New")
    newest = own_ask(queries.pull_requests()[0], owner="larkfield", name="storefront", pageSize=1)
    assert newest["data"]["repository"]["pullRequests"]["nodes"][0]["number"] == number
    gone = world.delete_repository(name)
    assert name not in heads(own_ask)
    world.restore_repository(gone)
    assert heads(own_ask)[name] == rewritten


def test_someone_who_leaves_is_no_longer_listed(
    own_admin: httpx.Client, own_server: DemoServer
) -> None:
    own_server.world.remove_user("ada.novak@larkfield.example")
    users = own_admin.get("users", params={"limit": 1000}).json()["data"]
    assert "ada.novak@larkfield.example" not in {user["email"] for user in users}
