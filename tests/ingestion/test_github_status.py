"""How far each repository was read, as `claude-usage status` says it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from ingestion_bench import Bench, pulls

from claude_usage.commands.status import Synced, repositories, status

START = date(2026, 10, 20)
SINCE = datetime(2026, 10, 20, tzinfo=UTC)
FAILED, OTHER = "larkfield/storefront", "larkfield/mobile-app"


def synced(bench: Bench) -> dict[str, Synced]:
    bench.close()
    with bench.opened() as connection:
        connection.execute("set TimeZone = 'UTC'")
        return {one.repository: one for one in repositories(connection)}


def test_each_repository_is_read_up_to_the_last_look_at_it(bench: Bench) -> None:
    bench.server.faults.add(pulls("storefront", "status", status=400, times=None))
    bench.github(START)
    first = synced(bench)
    bench.server.faults.clear()
    began = datetime.now(UTC)
    bench.github(START)
    second = synced(bench)
    alone = bench.settings.model_copy(update={"github_org": None, "github_repos": FAILED})
    bench.github(START, settings=alone)
    third = synced(bench)

    # First what needs a look; what was never read to its end is as of no time.
    assert next(iter(first)) == FAILED
    assert (first[FAILED].state, first[FAILED].since, first[FAILED].as_of) == ("failed", None, None)
    assert first[FAILED].commits > 0
    assert first[OTHER].state == "complete"
    assert first[OTHER].since == SINCE
    assert (second[FAILED].state, second[FAILED].since) == ("complete", SINCE)
    assert second[FAILED].pull_requests > 0
    # Nothing of the other one was read again, as nothing had changed: that is known as of now.
    before, after = first[OTHER].as_of, second[OTHER].as_of
    assert before is not None
    assert after is not None
    assert before < began < after
    # Off the list it is not looked at any more.
    assert third[OTHER].state == "not listed"
    assert third[OTHER].as_of == before
    assert third[FAILED].as_of is not None
    assert third[FAILED].as_of > after


def test_status_shows_repositories_and_what_failed(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.server.faults.add(pulls("storefront", "status", status=400, times=None))
    bench.github(START)
    bench.close()

    assert status(bench.settings, months=1) == 0
    printed = capsys.readouterr().out

    assert "All times are UTC" in printed
    assert "larkfield/storefront" in printed
    assert "last try failed (1 windows): pull_requests" in printed
    assert "local time" not in printed
