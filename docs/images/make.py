"""Make the images of the README anew, of what `make demo` has left: ``make screenshots``.

Needs Chromium as /usr/bin/chromium.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parent
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
DAYS = "from=2026-10-01&to=2026-10-31"
BACKFILL = ("2026-10-02", "2026-10-31")
# Hides the buttons that lie over the graph.
ALONE = """() => {
  const graph = [...document.querySelectorAll("foreignObject")].pop().closest("svg");
  for (let part = graph; part !== document.body; part = part.parentElement)
    for (const other of part.parentElement.children)
      if (other !== part && other.querySelector("button")) other.style.visibility = "hidden";
}"""
PORT = 3399
ROOM = 16
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
        tab = browser.new_page(viewport={"width": 1280, "height": 1600})
        for page in ("overview", "contribution"):
            tab.goto(f"{address}/{page}?{DAYS}")
            tab.wait_for_selector("[data-chart]:not(.drawn)", state="detached")
            chart = tab.locator(".part:has([data-chart])").first.bounding_box()
            height = min(chart["y"] + chart["height"] + 16, 1580)
            clip = {"x": 0, "y": 0, "width": 1280, "height": height}
            tab.screenshot(path=FOLDER / f"{page}.png", clip=clip)


def dagster(browser: Any, address: str) -> None:
    """The lineage of all tables, and the days of a backfill."""
    tab = browser.new_page(viewport={"width": 1400, "height": 700}, device_scale_factor=1.5)
    tab.set_default_timeout(PATIENCE_MILLISECONDS)
    tab.goto(f"{address}/asset-groups", wait_until="domcontentloaded")
    tab.get_by_text("Hide navigation").click()
    tab.locator("svg").get_by_text("published", exact=True).wait_for()
    # The graph moves to its place.
    tab.wait_for_timeout(3_000)
    tab.evaluate(ALONE)
    tab.screenshot(path=FOLDER / "lineage.png", clip=around(tab.locator("foreignObject").all()))
    tab = browser.new_page(viewport={"width": 1400, "height": 700})
    tab.set_default_timeout(PATIENCE_MILLISECONDS)
    press(tab, address)
    days = f"{address}/assets/backfill/days?view=partitions&partition={BACKFILL[1]}"
    tab.goto(days, wait_until="domcontentloaded")
    chosen = tab.get_by_role("textbox").first
    tab.get_by_text(re.compile(r"^Materialized \([1-9]")).wait_for()
    chosen.fill(f"[{BACKFILL[0]}...{BACKFILL[1]}]")
    chosen.press("Enter")
    tab.get_by_text("30 Partitions Selected").wait_for()
    tab.get_by_text(re.compile(r"^Materialized \(30\)")).wait_for()
    tab.get_by_text("windows_of_the_load").wait_for()
    tab.screenshot(path=FOLDER / "backfill.png")


def press(tab: Any, address: str) -> None:
    """Launch a backfill as the README says it, and wait for its end."""
    tab.goto(f"{address}/jobs", wait_until="domcontentloaded")
    tab.get_by_text("backfill", exact=True).first.click()
    tab.get_by_role("button", name=re.compile("Materialize")).first.click()
    dialog = tab.get_by_role("dialog").last
    # The field is filled with nothing once the partitions are known.
    dialog.get_by_text(re.compile(r"^\d{4}-\d\d-\d\d$")).first.wait_for()
    dialog.get_by_role("textbox").first.fill(f"[{BACKFILL[0]}...{BACKFILL[1]}]")
    dialog.get_by_role("textbox").first.press("Enter")
    dialog.get_by_text("30 partitions", exact=True).wait_for()
    tab.get_by_role("button", name="Launch backfill").click()
    dialog.wait_for(state="hidden")


def around(nodes: Sequence[Any]) -> dict[str, float]:
    """Return the place that holds all nodes, and some room."""
    boxes = [box for node in nodes if (box := node.bounding_box())]
    left, top = (min(box[side] for box in boxes) - ROOM for side in ("x", "y"))
    right = max(box["x"] + box["width"] for box in boxes) + ROOM
    bottom = max(box["y"] + box["height"] for box in boxes) + ROOM
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}


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
        with running("dev", "--port", str(PORT)) as ui:
            wait_for(ui)
            dagster(chromium, ui)
        chromium.close()
