"""Make the images of the README anew, of what `make demo` has left: ``make screenshots``.

Needs Chromium as /usr/bin/chromium.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parent
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
DRAWN = "[...document.querySelectorAll('[data-chart]')].every(e => e.classList.contains('drawn'))"
DAYS = "from=2026-10-01&to=2026-10-31"
PORT = 3399
PATIENCE_MILLISECONDS = 300_000


@contextmanager
def running(*arguments: str) -> Iterator[str]:
    """Run the command on the demo until it is done with; yield its address."""
    command = [sys.executable, "-m", "claude_usage", *arguments, "--demo"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            said = (re.search(r"^(?:Dashboard|Dagster UI): (\S+)", line) for line in process.stderr)
            yield next(filter(None, said))[1]
        finally:
            process.send_signal(signal.SIGINT)


def dashboard(browser: Any) -> None:
    """Two pages, from their top to the end of their first chart."""
    with running("dashboard", "--port", "0") as address:
        tab = browser.new_page(viewport={"width": 1280, "height": 1300})
        for page in ("overview", "contribution"):
            tab.goto(f"{address}/{page}?{DAYS}")
            tab.wait_for_function(DRAWN)
            chart = tab.locator(".part:has([data-chart])").first.bounding_box()
            height = min(chart["y"] + chart["height"] + 16, 1300)
            clip = {"x": 0, "y": 0, "width": 1280, "height": height}
            tab.screenshot(path=FOLDER / f"{page}.png", clip=clip)


def dagster(browser: Any) -> None:
    """The lineage of all tables, and the days that were loaded."""
    with running("dev", "--port", str(PORT)) as address:
        wait_for(address)
        tab = browser.new_page(viewport={"width": 1400, "height": 700})
        tab.set_default_timeout(PATIENCE_MILLISECONDS)
        tab.goto(f"{address}/asset-groups", wait_until="domcontentloaded")
        tab.get_by_text("marts", exact=True).first.wait_for()
        tab.wait_for_timeout(5_000)
        tab.screenshot(path=FOLDER / "lineage.png")
        tab.goto(f"{address}/assets/backfill/days?view=partitions", wait_until="domcontentloaded")
        tab.get_by_text(re.compile(r"^Materialized \([1-9]")).wait_for()
        tab.screenshot(path=FOLDER / "backfill.png")


def wait_for(address: str) -> None:
    """Wait until the UI answers."""
    until = time.monotonic() + PATIENCE_MILLISECONDS / 1000
    while time.monotonic() < until:
        try:
            httpx.get(f"{address}/server_info", timeout=5).raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(1)
    raise TimeoutError(f"{address} does not answer")


if __name__ == "__main__":
    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        dashboard(chromium)
        dagster(chromium)
        chromium.close()
