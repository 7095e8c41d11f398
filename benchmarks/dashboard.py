"""The dashboard as its readers have it: the real command, a browser, several readers at once."""

from __future__ import annotations

import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx

from dashboard.pages import PAGES

READERS = 6
_ROOT = Path(__file__).parents[1]
_CHROMIUM = "/usr/bin/chromium"
_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
# What is on the screen, and what is below it too.
_NOT_DRAWN = "body.drawing"
_NOT_ALL_DRAWN = "[data-chart]:not(.drawn)"
_REPLACEMENTS = 20
_GENERATIONS = 3


@dataclass(frozen=True)
class Replaced:
    """Pages that readers got while the file was replaced: how many failed or were of two files."""

    pages: int
    errors: int
    mixed: int


@dataclass(frozen=True)
class Change:
    """Seconds from another choice to what is on the screen, and to all charts of the page."""

    screen: float
    page: float


@dataclass(frozen=True)
class Served:
    """A dashboard in a process of its own."""

    address: str
    process: subprocess.Popen[str]


def demo_file(folder: Path) -> Path:
    """Return the published file that `make demo` has left, or else one of a demo in ``folder``."""
    left = _ROOT / "data" / "demo" / "claude_usage.duckdb"
    if left.exists():
        return left
    command = [sys.executable, "-m", "claude_usage", "demo"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "data" / "demo" / "claude_usage.duckdb"


@contextmanager
def serving(published: Path) -> Iterator[Served]:
    """Start the command and yield it once it has said where it listens."""
    command = [sys.executable, "-m", "claude_usage", "dashboard", "--port", "0"]
    path = published.resolve()
    variables = {**os.environ, "PUBLISH_PATH": str(path)}
    # There no demo lies that would be taken in the place of what is named.
    started = subprocess.Popen(
        command, env=variables, cwd=path.parent, stderr=subprocess.PIPE, text=True
    )
    with started as process:
        try:
            assert process.stderr is not None
            said = (re.search(r"^Dashboard: (\S+)", line) for line in process.stderr)
            found = next(filter(None, said), None)
            if found is None:
                raise RuntimeError("the dashboard did not start")
            yield Served(found[1], process)
        finally:
            process.send_signal(signal.SIGINT)


@contextmanager
def browser() -> Iterator[Any]:
    """Yield a Chromium that has been started."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        opened = started.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
        yield opened
        opened.close()


def first_page(published: Path, *, runs: int) -> float:
    """Return the median seconds from the command to its first page drawn.

    The library's script has been made before, as it is once after installation.
    """
    times = []
    with browser() as chromium:
        for _ in range(1 + runs):
            tab = chromium.new_context().new_page()
            began = time.perf_counter()
            with serving(published) as served:
                tab.goto(f"{served.address}/overview")
                _wait(tab)
                times.append(time.perf_counter() - began)
            tab.context.close()
    return statistics.median(times[1:])


def changes(published: Path, *, span: str, runs: int) -> dict[str, Change]:
    """Return by page the median seconds from another last day to it being drawn.

    The scripts are in the browser's cache, and no answer is in the server's.
    """
    first, last = _days(published)
    if span != "all days":
        first = max(first, last - timedelta(days=27))
    found = {}
    with serving(published) as served, browser() as chromium:
        tab = chromium.new_context().new_page()
        for page in PAGES:
            address = f"{served.address}/{page.id}?from={first}&person={_person(published)}"
            tab.goto(f"{address}&to={last}")
            _wait(tab)
            tab.wait_for_selector(_NOT_ALL_DRAWN, state="detached")
            times = [_changed(tab, last - timedelta(days=back)) for back in range(1, 1 + runs)]
            found[page.id] = Change(
                statistics.median(one.screen for one in times),
                statistics.median(one.page for one in times),
            )
    return found


def _wait(tab: Any) -> None:
    """Wait until what is on the screen is drawn."""
    tab.wait_for_load_state("domcontentloaded")
    tab.wait_for_selector(_NOT_DRAWN, state="detached")


def _changed(tab: Any, to: date) -> Change:
    tab.fill("[name=to]", to.isoformat())
    began = time.perf_counter()
    with tab.expect_navigation(wait_until="commit"):
        tab.get_by_role("button", name="Show").click(no_wait_after=True)
    _wait(tab)
    screen = time.perf_counter() - began
    tab.wait_for_selector(_NOT_ALL_DRAWN, state="detached")
    return Change(screen, time.perf_counter() - began)


def heaviest_page(published: Path) -> tuple[str, int]:
    """Return the page of all days that is heaviest over the wire, and its bytes.

    With our own style and script; without the library's, which the browser keeps.
    """
    first, last = _days(published)
    with serving(published) as served, httpx.Client(base_url=served.address) as client:
        beside = sum(_bytes(client, f"/static/{name}") for name in ("style.css", "charts.js"))
        query = f"from={first}&to={last}&person={_person(published)}"
        sizes = {page.id: beside + _bytes(client, f"/{page.id}?{query}") for page in PAGES}
    return max(sizes.items(), key=lambda one: one[1])


def _bytes(client: httpx.Client, path: str) -> int:
    answer = client.get(path, headers={"accept-encoding": "gzip"}, timeout=60)
    answer.raise_for_status()
    return answer.num_bytes_downloaded


def peak_megabytes(published: Path) -> float:
    """Return the server's peak memory while readers open all pages, of a month and of all days."""
    first, last = _days(published)
    person = _person(published)
    spans = [f"from={start}&to={last}" for start in (last - timedelta(days=27), first)]
    addresses = [f"/{page.id}?{span}&person={person}" for span in spans for page in PAGES]
    with serving(published) as served:

        def read(number: int) -> None:
            with httpx.Client(base_url=served.address, timeout=120) as client:
                # Each begins with another page.
                for address in addresses[number:] + addresses[:number]:
                    client.get(address).raise_for_status()

        _at_once(read)
        status = Path(f"/proc/{served.process.pid}/status").read_text()
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert peak is not None
    return int(peak[1]) / 1024


def replaced_under_readers(published: Path, folder: Path) -> Replaced:
    """Replace the file under readers of a page that names its file in many places."""
    target = folder / "replaced" / "claude_usage.duckdb"
    target.parent.mkdir()
    made = [_generation(published, folder / f"generation-{n}.duckdb") for n in range(_GENERATIONS)]
    shutil.copy(made[0], target)
    done = threading.Event()
    seen: list[set[str]] = []
    errors: list[Exception] = []
    with serving(target) as served:

        def read(_: int) -> None:
            with httpx.Client(base_url=served.address, timeout=60) as client:
                while not done.is_set():
                    try:
                        answer = client.get("/contribution?from=2000-01-01").raise_for_status()
                        seen.append(set(re.findall(r"generation-\d", answer.text)))
                    except httpx.HTTPError as error:
                        errors.append(error)

        def replace() -> None:
            for number in range(_REPLACEMENTS):
                time.sleep(0.2)
                beside = shutil.copy(made[number % _GENERATIONS], target.with_suffix(".new"))
                Path(beside).replace(target)
            done.set()

        replacing = threading.Thread(target=replace)
        replacing.start()
        _at_once(read)
        replacing.join()
    return Replaced(len(seen), len(errors), sum(len(names) != 1 for names in seen))


def _generation(published: Path, path: Path) -> Path:
    """Return a copy that has its own name in the place of each repository's."""
    shutil.copy(published, path)
    with duckdb.connect(str(path)) as connection:
        tables = connection.execute(
            "select table_name from duckdb_columns()"
            " where schema_name = 'marts' and column_name = 'repository'"
        ).fetchall()
        for (table,) in tables:
            connection.execute(
                f"update marts.{table} set repository = '{path.stem}' where repository <> 'all'"
            )
    return path


def _at_once(read: Callable[[int], None]) -> None:
    with ThreadPoolExecutor(READERS) as readers:
        list(readers.map(read, range(READERS)))


def _days(published: Path) -> tuple[date, date]:
    first, last = _one(
        published,
        "select min(usage_date), max(usage_date) from marts.coverage_daily"
        " where complete_report_count > 0",
    )
    return first, last


def _person(published: Path) -> str:
    """Return a person whom the pages know and who uses Claude Code."""
    (person,) = _one(
        published,
        "select min(person_key) from marts.fct_claude_code_activity_daily"
        " join marts.dim_people using (person_key)"
        " where person_kind in ('member', 'former_member', 'guest')",
    )
    return str(person)


def _one(published: Path, sql: str) -> Sequence[Any]:
    with duckdb.connect(str(published), read_only=True) as connection:
        return connection.execute(sql).fetchone() or ()
