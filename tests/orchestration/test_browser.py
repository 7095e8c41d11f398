"""A backfill as the README says it: pressed in a browser, and nothing else done by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from demo_api import DemoServer, Fault
from ingestion.windows import ONE_DAY, today
from tests.orchestration.stack import Stack, days

playwright = pytest.importorskip("playwright.sync_api")

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# It takes about a minute; patience is for a machine with much else to do.
LONGEST_WAIT_MILLISECONDS = 120_000
LONGEST_BUILD_SECONDS = 900
pytestmark = pytest.mark.timeout(1_500)

CHOSEN = days("2026-10-27", "2026-10-31")
BROKEN = "2026-10-29"
WHOLE = [day for day in CHOSEN if day != BROKEN]


@dataclass(frozen=True)
class Pressed:
    """What the stack printed until it was used, what ran, and what the UI shows afterwards."""

    stack: Stack
    printed: list[str]
    runs: list[tuple[str, str]]
    shown: dict[str, int]

    def published(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.stack.published), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@contextmanager
def opened_page(url: str) -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page = browser.new_page(base_url=url, viewport={"width": 1500, "height": 950})
        page.set_default_timeout(LONGEST_WAIT_MILLISECONDS)
        yield page
        browser.close()


def press(page: Any) -> None:
    """Jobs, backfill, Materialize, the days, Launch backfill."""
    page.goto("/jobs", wait_until="domcontentloaded")
    page.get_by_text("backfill", exact=True).first.click()
    page.get_by_role("button", name=re.compile("Materialize")).first.click()
    dialog = page.get_by_role("dialog").last
    chosen = dialog.get_by_role("textbox").first
    # The field is filled with nothing once the partitions are known.
    dialog.get_by_text(CHOSEN[0], exact=True).wait_for()
    chosen.fill(f"[{CHOSEN[0]}...{CHOSEN[-1]}]")
    chosen.press("Enter")
    dialog.get_by_text(f"{len(CHOSEN)} partitions", exact=True).wait_for()
    page.get_by_role("button", name="Launch backfill").click()
    dialog.wait_for(state="hidden")


def shown(page: Any) -> dict[str, int]:
    """Return how many days of a backfill the UI counts, by status."""
    page.goto("/assets/backfill/days?view=partitions", wait_until="domcontentloaded")
    page.get_by_text(re.compile(r"^Missing \([1-9]")).wait_for()
    counts = page.get_by_text(re.compile(r"^\w+ \(\d+\)$")).all_inner_texts()
    return {name: int(count) for name, count in re.findall(r"(\w+) \((\d+)\)", " ".join(counts))}


@pytest.fixture(scope="module")
def pressed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pressed]:
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}: apt-get install chromium")
    refusal = Fault(
        status=400,
        path_contains="usage_report/claude_code",
        query_contains=f"starting_at={BROKEN}",
        times=None,
    )
    with DemoServer(faults=[refusal]) as server:
        variables = {**server.environment, "HISTORY_START": CHOSEN[0]}
        stack = Stack(tmp_path_factory.mktemp("browser"), variables)
        with stack.running():
            # By then all its processes have loaded all that they load.
            stack.wait_until(lambda: "build_after_loads" in stack.log(), seconds=120)
            printed = stack.log().splitlines()
            with opened_page(f"http://127.0.0.1:{stack.port}") as page:
                press(page)
                stack.wait_until(lambda: has_built(stack), seconds=LONGEST_BUILD_SECONDS)
                yield Pressed(stack, printed, stack.runs(), shown(page))


def has_built(stack: Stack) -> bool:
    return any(
        job == "build_marts" and status in ("SUCCESS", "FAILURE") for job, status in stack.runs()
    )


def test_the_stack_prints_no_warning(pressed: Pressed) -> None:
    assert pressed.printed[0].startswith("Dagster UI: http://127.0.0.1:")
    assert [line for line in pressed.printed[1:] if "INFO" not in line] == []
    # Nor do the runs it launches.
    assert re.findall(r"\w*Warning: .*", pressed.stack.log()) == []


def test_one_press_is_one_run_and_the_marts_follow(pressed: Pressed) -> None:
    assert sorted(pressed.runs) == [("backfill", "FAILURE"), ("build_marts", "SUCCESS")]


def test_the_published_file_holds_the_days(pressed: Pressed) -> None:
    billed = pressed.published(
        "select distinct usage_date::varchar from marts.fct_billed_costs_daily order by 1"
    )
    complete = pressed.published(
        "select window_key from marts.data_completeness where is_complete"
        " and endpoint = 'usage_report_claude_code' order by 1"
    )
    ((pull_requests, sessions),) = pressed.published(
        "select (select count(*) from marts.fct_pull_requests), sum(session_count)"
        " from marts.fct_claude_code_activity_daily"
    )

    assert [day for (day,) in billed] == CHOSEN
    assert [day for (day,) in complete] == WHOLE
    assert int(str(pull_requests)) > 0
    assert int(str(sessions)) > 0


def test_no_day_is_missing_that_cannot_be_there(pressed: Pressed) -> None:
    after = (today() - ONE_DAY - date.fromisoformat(CHOSEN[-1])).days

    # Nothing before the first day, and not today, which is not over.
    assert pressed.shown == {
        "Failed": 1,
        "Materialized": len(WHOLE),
        "Materializing": 0,
        "Missing": after,
    }
