"""The dashboard in the system's own Chromium: drawn, readable by all, and asking nobody else."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import duckdb
import pytest
import uvicorn

from dashboard import app, filters, pages
from dashboard.settings import DashboardSettings
from publishing import Privacy, publish
from tests.end_to_end.conftest import FIRST, Place

playwright = pytest.importorskip("playwright.sync_api")

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parents[2] / ".ci/node/node_modules/axe-core/axe.min.js"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
LOOKS = {"light": ("light", 1280), "dark": ("dark", 1280), "phone": ("light", 390)}
NOT_DRAWN = "[data-chart]:not(.drawn)"
SPAN = "from=2026-08-03&to=2026-10-31"
# Of rows of a table and marks of a chart, which one line of a template makes, eight are looked at:
# axe takes a second for 500. What scrolls goes on scrolling.
KEEP_EIGHT_OF_A_KIND = """
() => {
    for (const table of document.querySelectorAll("table")) {
        table.style.height = `${table.offsetHeight}px`
        table.style.minWidth = `${table.offsetWidth}px`
    }
    const more = "tbody tr:nth-child(n + 9), svg g > :nth-child(n + 9)"
    document.querySelectorAll(more).forEach(one => one.remove())
}
"""
pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium"),
]


@dataclass
class Visit:
    """A tab, and what it said and asked for."""

    tab: Any
    address: str
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def wait(self) -> None:
        """Wait until all charts are drawn; without scripts of its own, which the policy forbids."""
        self.tab.wait_for_load_state("domcontentloaded")
        for waited in ("body.drawing", NOT_DRAWN):
            self.tab.wait_for_selector(waited, state="detached")

    def open(self, path: str) -> None:
        self.tab.goto(f"{self.address}{path}")
        self.wait()


def _as_it_is(place: Place, _: Path) -> Path:
    return place.published


def _empty(place: Place, folder: Path) -> Path:
    path = Path(shutil.copy(place.published, folder))
    with duckdb.connect(str(path)) as connection:
        for (table,) in connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
        ).fetchall():
            connection.execute(f"delete from marts.{table}")
    return path


def _first_day_without_github(place: Place, folder: Path) -> Path:
    first = Place(folder, place.server)
    finished = first.run("run", "--start", FIRST, "--end", FIRST, GITHUB_TOKEN="", GITHUB_ORG="")
    assert finished.returncode == 0, finished.stderr
    return first.published


def _pseudonymous(place: Place, folder: Path) -> Path:
    privacy = Privacy("pseudonymous", "a key of the test alone")
    return publish(place.warehouse, folder / "claude_usage.duckdb", privacy).path


def _of_teams(place: Place, folder: Path) -> Path:
    return publish(place.warehouse, folder / "claude_usage.duckdb", Privacy("team")).path


FILES = {
    "demo": _as_it_is,
    "empty": _empty,
    "first-day-without-github": _first_day_without_github,
    "pseudonymous": _pseudonymous,
    "team": _of_teams,
}


@pytest.fixture(scope="module", params=FILES)
def file(
    request: pytest.FixtureRequest, demo: tuple[Place, str], tmp_path_factory: Any
) -> tuple[str, Path]:
    place, _ = demo
    return request.param, FILES[request.param](place, tmp_path_factory.mktemp("file"))


@pytest.fixture(scope="module")
def address_of_file(file: tuple[str, Path]) -> Iterator[str]:
    with serving(file[1]) as address:
        yield address


@pytest.fixture(scope="module")
def address(demo: tuple[Place, str]) -> Iterator[str]:
    place, _ = demo
    with serving(place.published) as address:
        yield address


@contextmanager
def serving(published: Path) -> Iterator[str]:
    made = app.create(DashboardSettings(publish_path=published))
    server = uvicorn.Server(uvicorn.Config(made, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.05)
    (listener,) = server.servers[0].sockets
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def visit(chromium: Any, address: str, look: str = "light", **more: Any) -> Iterator[Visit]:
    scheme, width = LOOKS[look]
    context = chromium.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}, **more
    )
    made = Visit(context.new_page(), address)
    made.tab.on("console", lambda message: made.said.append(message.text))
    made.tab.on("pageerror", lambda error: made.said.append(str(error)))
    made.tab.on("request", lambda request: made.asked.append(request.url))
    yield made
    context.close()


@pytest.mark.parametrize("look", LOOKS)
def test_each_page_is_drawn_and_everybody_can_read_it(
    chromium: Any, address_of_file: str, look: str
) -> None:
    problems = {}
    with visit(chromium, address_of_file, look, bypass_csp=True) as visited:
        for page in pages.PAGES:
            visited.open(f"/{page.id}?{SPAN}")
            visited.tab.eval_on_selector_all("details", "all => all.forEach(e => e.open = true)")
            problems[page.id] = [*_wide(visited.tab), *_hard_to_read(visited.tab)]
        assert {page: found for page, found in problems.items() if found} == {}
        assert visited.said == []
        # Nothing leaves for another host.
        assert {urlsplit(url).netloc for url in visited.asked if url.startswith("http")} == {
            urlsplit(address_of_file).netloc
        }
    if not AXE.exists():
        pytest.skip("axe is not installed: npm install --prefix .ci/node axe-core@4.14.1")


def _wide(tab: Any) -> list[str]:
    """Say what is wider than the screen."""
    room = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return ["wider than the screen"] if tab.evaluate(room) > 0 else []


def _hard_to_read(tab: Any) -> list[str]:
    """Say what axe finds."""
    if not AXE.exists():
        return []
    tab.evaluate(KEEP_EIGHT_OF_A_KIND)
    tab.add_script_tag(path=str(AXE))
    found = tab.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [f"{one['id']}: {[node['html'][:120] for node in one['nodes'][:2]]}" for one in found]


def test_what_is_empty_says_why(
    chromium: Any, file: tuple[str, Path], address_of_file: str
) -> None:
    name, _ = file
    if name == "empty":
        pytest.skip("one page of words")
    level = "privacy level team"
    with visit(chromium, address_of_file) as visited:
        for page in pages.PAGES:
            visited.open(f"/{page.id}?{SPAN}")
            # Also of what is below the screen, which has no inner text until it is laid out.
            words = visited.tab.locator(".empty").all_text_contents()
            without = visited.tab.locator(".figure").filter(
                has=visited.tab.locator(".value", has_text=re.compile("^–$"))
            )
            words += without.all_text_contents()
            assert [text for text in words if (level in text) != (name == "team")] == [], page.id


def test_the_policy_lets_charts_be_drawn(chromium: Any, address: str) -> None:
    with visit(chromium, address) as visited:
        visited.open(f"/overview?{SPAN}")
        assert visited.tab.locator("[data-chart] svg").count() > 0
        assert visited.said == []


def test_filters_stand_in_the_address_and_go_along(chromium: Any, address: str) -> None:
    with visit(chromium, address) as visited:
        visited.open("/overview")
        visited.tab.locator("select[name=team]").select_option("Platform")
        visited.tab.wait_for_url("**team=Platform**")
        visited.wait()
        before = dict(parse_qsl(urlsplit(visited.tab.url).query))
        visited.tab.get_by_role("link", name="Data health").click()
        visited.tab.wait_for_url("**/health**")
        after = dict(parse_qsl(urlsplit(visited.tab.url).query))
        assert before == after
        assert before.keys() == {"from", "to", *filters.CHOSEN}
        assert before["team"] == "Platform"


def test_another_choice_comes_in_the_place_of_the_page(chromium: Any, address: str) -> None:
    with visit(chromium, address) as visited:
        visited.open(f"/overview?{SPAN}")
        team = visited.tab.locator("select[name=team]")
        value = visited.tab.locator(".figure .value").first
        of_all = value.inner_text()
        visited.tab.evaluate("document.body.dataset.mark = 'kept'")
        team.focus()
        team.select_option("Platform")
        visited.wait()
        of_platform = value.inner_text()
        assert of_platform != of_all
        assert visited.tab.evaluate("document.body.dataset.mark") == "kept"
        assert visited.tab.evaluate("document.activeElement.name") == "team"
        visited.tab.reload()
        visited.wait()
        assert value.inner_text() == of_platform
        visited.tab.go_back()
        visited.wait()
        assert (team.input_value(), value.inner_text()) == ("all", of_all)
        assert visited.said == []


def test_a_choice_that_cannot_be_shown_says_why(chromium: Any, address: str) -> None:
    with visit(chromium, address) as visited:
        visited.open(f"/overview?{SPAN}")
        visited.tab.route(
            "**/overview?**team=Platform**",
            lambda route: route.fulfill(status=503, body="Many are reading."),
        )
        visited.tab.locator("select[name=team]").select_option("Platform")
        visited.tab.get_by_text("Many are reading.").wait_for()


def test_the_keyboard_reaches_filters_rows_and_files(chromium: Any, address: str) -> None:
    with visit(chromium, address) as visited:
        visited.open(f"/overview?{SPAN}")
        reached: set[str] = set()
        for _ in range(90):
            visited.tab.keyboard.press("Tab")
            reached.add(
                visited.tab.evaluate(
                    "(e => e.innerText?.split('\\n')[0] || e.name || e.tagName)"
                    "(document.activeElement)"
                )
            )
        assert {"To the figures", "Overview", "from", "to", "Show", "CSV", "PNG"} <= reached
        assert any(text.startswith("The rows") for text in reached)


def test_without_scripts_charts_are_pictures(chromium: Any, address: str) -> None:
    with visit(chromium, address, java_script_enabled=False) as visited:
        visited.tab.goto(f"{address}/overview?{SPAN}")
        pictures = visited.tab.locator("noscript img, img")
        assert pictures.count() > 0
        assert all("/chart/" in (one.get_attribute("src") or "") for one in pictures.all())
        visited.tab.get_by_role("button", name="Show").click()
        assert "team=all" in visited.tab.url
