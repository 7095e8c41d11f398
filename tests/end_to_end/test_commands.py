"""What the user sees when something is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from demo_api import DemoServer, Fault
from tests.end_to_end.conftest import Place

WHOLE, SPOILED = "2026-10-30", "2026-10-31"
WRONG_KEY = "-".join(("sk", "ant", "admin01", "wrong"))


def test_doctor_says_what_is_wrong_and_what_to_do(tmp_path: Path, server: DemoServer) -> None:
    place = Place(tmp_path, server)

    finished = place.run("doctor", ANTHROPIC_ADMIN_KEY=WRONG_KEY, GITHUB_REPOS="larkfield/nothing")

    assert finished.returncode == 1
    assert "HTTP 401" in finished.stdout
    assert "wrong, revoked or expired" in finished.stdout
    assert "larkfield/nothing" in finished.stdout
    assert WRONG_KEY not in finished.stdout + finished.stderr


def test_doctor_tells_an_api_key_from_an_admin_key(tmp_path: Path, server: DemoServer) -> None:
    key = "-".join(("sk", "ant", "api03", "something"))

    finished = Place(tmp_path, server).run("doctor", ANTHROPIC_ADMIN_KEY=key)

    assert finished.returncode == 2
    assert "Admin key" in finished.stdout


def test_status_before_the_first_load_says_what_to_do(tmp_path: Path, server: DemoServer) -> None:
    finished = Place(tmp_path, server).run("status")

    assert finished.returncode == 0
    assert "Nothing is loaded yet" in finished.stdout
    assert "claude-usage run" in finished.stdout


@pytest.mark.parametrize(
    ("arguments", "overrides", "said"),
    [
        (("run", "--start", "2026-10-02", "--end", "2026-10-01"), {}, "is before --start"),
        (("run", "--end", "2026-10-01"), {}, "--end needs --start"),
        (("run", "--start", "2999-01-01"), {}, "has not begun yet"),
        (("run", "--source", "anthropic"), {"ANTHROPIC_ADMIN_KEY": ""}, "ANTHROPIC_ADMIN_KEY"),
        (("run", "--source", "github"), {"GITHUB_TOKEN": ""}, "GITHUB_TOKEN"),
        (("run",), {"ANTHROPIC_ADMIN_KEY": "", "GITHUB_TOKEN": ""}, "nothing to load"),
        (("run",), {"GITHUB_REPOS": "no-slash"}, "owner/name"),
        (("run",), {"ANTHROPIC_BASE_URL": "api.example.com"}, "ANTHROPIC_BASE_URL"),
        (("run",), {"PUBLISH_PATH": "marts.duckdb"}, "marts"),
    ],
)
def test_what_cannot_work_is_said_at_once_in_one_line(
    tmp_path: Path,
    server: DemoServer,
    arguments: tuple[str, ...],
    overrides: dict[str, str],
    said: str,
) -> None:
    finished = Place(tmp_path, server).run(*arguments, **overrides)

    assert finished.returncode == 2
    assert said in finished.stderr
    assert "Traceback" not in finished.stderr
    assert len(finished.stderr.strip().splitlines()) <= 2


def test_a_wrong_key_on_the_first_run_publishes_nothing(tmp_path: Path, server: DemoServer) -> None:
    place = Place(tmp_path, server)

    finished = place.run(
        "run", "--source", "anthropic", "--start", "2026-10-30", ANTHROPIC_ADMIN_KEY=WRONG_KEY
    )

    assert finished.returncode == 1
    lines = [line for line in finished.stderr.splitlines() if line.startswith("failed")]
    # One line for each endpoint that was refused, not one for each of its days.
    assert len([line for line in lines if "HTTP 401" in line]) <= 9
    assert "nothing is stored yet" in finished.stderr
    assert WRONG_KEY not in finished.stderr
    assert not place.published.exists()


def spoil(document: dict[str, Any]) -> dict[str, Any]:
    document["data"][0]["core_metrics"]["num_sessions"] = "seven"
    return document


@dataclass(frozen=True)
class Ended:
    """A first run of two days of which one report was refused and one day was not as documented."""

    place: Place
    returncode: int
    lines: list[str]

    def days_of(self, table: str) -> list[str]:
        with duckdb.connect(str(self.place.published), read_only=True) as published:
            found = published.execute(
                f"select distinct usage_date::varchar from marts.{table} order by all"
            ).fetchall()
        return [day for (day,) in found]


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    refusal = Fault(
        # Of the newer API and of the older one, which is asked in its place.
        path_contains="/cost",
        kind="status",
        status=403,
        times=10_000,
        body={"type": "error", "error": {"type": "permission_error", "message": "no scope"}},
    )
    query = f"starting_at={SPOILED}&"
    other = Fault("edit", path_contains="claude_code", query_contains=query, edit=spoil, times=None)
    with DemoServer(faults=[refusal, other]) as server:
        place = Place(tmp_path_factory.mktemp("disturbed"), server)
        finished = place.run("run", "--start", WHOLE, "--end", SPOILED)
        yield Ended(place, finished.returncode, finished.stderr.splitlines())


def test_a_source_that_fails_does_not_cost_the_other(disturbed: Ended) -> None:
    assert disturbed.returncode == 1
    lines = [
        text for text in disturbed.lines if text.startswith("failed") and "cost_report" in text
    ]
    assert len(lines) == 1, "one clear line for a failure"
    assert "HTTP 403" in lines[0]
    assert WHOLE in lines[0]
    assert "request id" in lines[0]
    marts = disturbed.place.marts()
    assert marts["fct_billed_costs_daily"] == []
    assert marts["fct_claude_code_activity_daily"]
    assert marts["fct_commits"]


def test_a_day_that_is_not_as_documented_costs_nothing_else(disturbed: Ended) -> None:
    (line,) = [text for text in disturbed.lines if "not as documented" in text]
    for part in (
        f"usage_report_claude_code [{SPOILED}]",
        "Expected `int`, got `str` - at `$.data[0].core_metrics.num_sessions`",
        "request id req_011Demo",
        f"`claude-usage run --start {SPOILED} --end {SPOILED} --source anthropic`",
    ):
        assert part in line
    assert disturbed.days_of("fct_claude_code_activity_daily") == [WHOLE]
    assert disturbed.days_of("fct_message_usage_daily") == [WHOLE, SPOILED]
    with duckdb.connect(str(disturbed.place.published), read_only=True) as published:
        statuses = published.execute(
            "select endpoint, completeness_status from marts.data_completeness"
            " where window_key = ? and completeness_status <> 'complete'"
            # What was refused altogether.
            " and not contains(endpoint, 'cost')",
            [SPOILED],
        ).fetchall()
    assert statuses == [("usage_report_claude_code", "failed")]
