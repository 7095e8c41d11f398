"""The dashboard over the demo's published file, asked over HTTP as a browser asks."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import shutil
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from starlette.testclient import TestClient

from dashboard import app, filters, format, pages, render
from dashboard.access import COOKIE
from dashboard.model import DATES, Chart, Column, Page, Section
from dashboard.settings import DashboardSettings
from dashboard.store import Store
from publishing import Privacy, publish
from tests.end_to_end.conftest import Place

# As a browser on this machine names it.
HERE = "http://127.0.0.1:8600"
PARTS = {name: part for page in pages.PAGES for name, part in page.parts.items()}
SPANS = ("", "?from=2026-08-03&to=2026-10-31", "?from=2026-10-31&to=2026-10-31&team=Platform")


@pytest.fixture(scope="module")
def published(demo: tuple[Place, str]) -> Path:
    place, _ = demo
    return place.published


@pytest.fixture(scope="module")
def client(published: Path) -> Iterator[TestClient]:
    with TestClient(app.create(DashboardSettings(publish_path=published)), base_url=HERE) as made:
        yield made


@pytest.fixture
def copied(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(published, tmp_path / "claude_usage.duckdb"))


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.id)
def test_each_page_shows_each_of_its_parts(client: TestClient, page: Page, span: str) -> None:
    answer = client.get(f"/{page.id}{span}")

    assert answer.status_code == 200
    # Every value stands in the address.
    assert {"from", "to", *filters.CHOSEN} <= answer.url.params.keys() or span
    for one in (*page.figures, *page.parts.values()):
        assert f'id="{one.id}"' in answer.text
    ids = re.findall(r' id="([^"]*)"', answer.text)
    assert len(set(ids)) == len(ids)
    for text in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', answer.text):
        assert json.loads(text)["datasets"]["rows"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_script_comes_packed_and_plain(client: TestClient) -> None:
    packed = client.get("/static/vega.js")
    plain = client.get("/static/vega.js", headers={"accept-encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text
    assert "vegaEmbed" in plain.text


@pytest.mark.parametrize("part", PARTS)
def test_a_file_has_the_rows_that_sql_answers(
    client: TestClient, published: Path, part: str
) -> None:
    query = "?from=2026-08-03&to=2026-10-31"
    text = client.get(f"/data/{part}.csv{query}").text
    columns, *rows = csv.reader(io.StringIO(text))

    with duckdb.connect(str(published), read_only=True) as connection:
        connection.execute("use marts")
        for name in filters.CHOSEN:
            connection.execute(f"set variable {name} = null::varchar")
        connection.execute("set variable first_day = date '2026-08-03'")
        connection.execute("set variable last_day = date '2026-10-31'")
        expected = connection.execute(PARTS[part].sql).fetchall()
        names = [column[0] for column in connection.description or ()]

    assert columns == names
    assert len(rows) == len(expected)
    said = [["" if value is None else str(value) for value in row] for row in expected]
    assert [[cell.removeprefix("'") for cell in row] for row in rows] == [
        [cell.removeprefix("'") for cell in row] for row in said
    ]


@pytest.mark.parametrize("chosen", [{}, {"team": "Platform"}], ids=["all", "team"])
@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.id)
def test_a_page_says_what_sql_answers(
    client: TestClient, published: Path, page: Page, chosen: dict[str, str]
) -> None:
    span = {"from": "2026-09-01", "to": "2026-10-31"}
    text = client.get(f"/{page.id}", params={**span, **chosen}).text

    with duckdb.connect(str(published), read_only=True) as connection:
        connection.execute("use marts")
        for name in filters.CHOSEN:
            value = f"'{chosen[name]}'" if name in chosen else "null::varchar"
            connection.execute(f"set variable {name} = {value}")
        for name, day in zip(("first_day", "last_day"), span.values(), strict=True):
            connection.execute(f"set variable {name} = date '{day}'")
        for figure in page.figures:
            answer = connection.execute(figure.sql)
            names = [column[0] for column in answer.description or ()]
            row = dict(zip(names, answer.fetchone() or (), strict=False))
            shown = re.findall(r'<p class="value">(.*?)</p>', _of(text, figure.id))
            assert shown == [format.shown(row.get("value"), figure.unit)], figure.id
        for part in page.parts.values():
            answer = connection.execute(part.sql)
            names = [column[0] for column in answer.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
            shown = re.findall(r"<td[^>]*>(.*?)</td>", _of(text, part.id), flags=re.DOTALL)
            assert [html.unescape(re.sub("<[^>]*>", "", cell)) for cell in shown] == [
                format.shown(row[column.name], column.unit)
                for row in rows[: render.MOST_SHOWN]
                for column in part.columns
            ], part.id


def _of(text: str, name: str) -> str:
    """Return the part of a page that has an id."""
    return text.split(f'id="{name}">')[1].split("</article>")[0]


# Figures of the pages, asked for anew and in another way.
SAME = {
    ("cost", "cost_billed"): "sum(billed_cost_usd) from fct_billed_costs_daily"
    " where is_complete_day and usage_date",
    ("cost", "cost_estimated"): "sum(estimated_cost_usd) from fct_claude_code_model_usage_daily"
    " where is_complete_day and usage_date",
    ("contribution", "merged"): "count(*) from fct_pull_requests where merged_date",
    ("adoption", "sessions"): "sum(session_count) from fct_claude_code_activity_daily"
    " where is_complete_day and usage_date",
    ("adoption", "lines_accepted"): "sum(lines_added) from fct_claude_code_activity_daily"
    " where is_complete_day and usage_date",
}


@pytest.mark.parametrize(("page", "figure"), SAME)
def test_a_figure_is_the_one_that_others_get(
    client: TestClient, published: Path, page: str, figure: str
) -> None:
    text = client.get(f"/{page}?from=2026-09-01&to=2026-09-30").text

    with duckdb.connect(str(published), read_only=True) as connection:
        connection.execute("use marts")
        (expected,) = connection.execute(
            f"select {SAME[page, figure]} between '2026-09-01' and '2026-09-30'"
        ).fetchone() or (None,)
    unit = next(one.unit for one in pages.BY_ID[page].figures if one.id == figure)
    assert expected
    assert f'<p class="value">{format.shown(expected, unit)}</p>' in _of(text, figure)


def test_the_overview_says_what_the_demo_says(client: TestClient, published: Path) -> None:
    page = client.get("/overview?from=2026-08-03&to=2026-10-31").text

    with duckdb.connect(str(published), read_only=True) as connection:
        (billed,) = connection.execute(
            "select sum(billed_cost_usd) from marts.fct_billed_costs_daily where is_complete_day"
        ).fetchone() or (None,)
    assert f"${billed:,.2f}" in page
    assert "nothing to compare with before 2026-08-03" in page


@pytest.mark.parametrize("chart", [name for name, part in PARTS.items() if isinstance(part, Chart)])
def test_a_chart_is_a_picture_too(client: TestClient, chart: str) -> None:
    drawn = client.get(f"/chart/{chart}.svg?from=2026-08-03&to=2026-10-31")

    assert drawn.headers["content-type"] == "image/svg+xml"
    assert drawn.text.startswith("<svg")


@pytest.mark.parametrize(
    "path", ["/nothing", "/data/nothing.csv", "/chart/teams.svg", "/data/../x", "/chart/x.exe"]
)
def test_what_is_not_there_is_said(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_hostile_names_are_text(copied: Path) -> None:
    name = "</script><script>alert(1)</script>"
    with duckdb.connect(str(copied)) as connection:
        connection.execute(
            "update marts.fct_cost_attribution_daily set team_name = ?, model = ?"
            " where team_name = 'Platform'",
            [name, name],
        )
    with TestClient(app.create(DashboardSettings(publish_path=copied)), base_url=HERE) as client:
        page = client.get("/overview?from=2026-08-03&to=2026-10-31").text
        rows = client.get("/data/teams.csv?from=2026-08-03&to=2026-10-31").text
        chosen = client.get("/overview", params={"from": "2026-08-03", "team": name})
    assert "<script>alert" not in page
    assert page.count("<script") == page.count("</script>")
    assert name in rows
    assert chosen.status_code == 200
    assert "shown is all" not in chosen.text


def test_a_file_that_is_replaced_under_its_readers_gives_no_page_of_two(
    published: Path, tmp_path: Path
) -> None:
    target = tmp_path / "claude_usage.duckdb"
    made = []
    for number in range(3):
        one = Path(shutil.copy(published, tmp_path / f"{number}.duckdb"))
        with duckdb.connect(str(one)) as connection:
            for table in ("fct_commits", "fct_pull_requests"):
                connection.execute(f"update marts.{table} set repository = 'r{number}'")
        made.append(one)
    shutil.copy(made[0], target)
    store, seen, stop = Store(target), set[tuple[object, object]](), threading.Event()
    problems: list[Exception] = []

    def read() -> None:
        while not stop.is_set():
            try:
                with store.reading() as generation:
                    both = [
                        generation.query(f"select any_value(repository) from {table}").rows[0][0]
                        for table in ("fct_commits", "fct_pull_requests")
                    ]
                seen.add((both[0], both[1]))
            except Exception as error:
                problems.append(error)

    readers = [threading.Thread(target=read) for _ in range(6)]
    for one in readers:
        one.start()
    for number in range(20):
        beside = tmp_path / f"beside-{number}"
        shutil.copy(made[number % 3], beside)
        beside.replace(target)
        stop.wait(0.1)
    stop.set()
    for one in readers:
        one.join()
    store.close()
    assert problems == []
    assert len(seen) == 3
    assert all(first == second for first, second in seen)


def test_without_a_file_it_says_what_to_do(tmp_path: Path) -> None:
    settings = DashboardSettings(publish_path=tmp_path / "none.duckdb")
    with TestClient(app.create(settings), base_url=HERE) as client:
        answer, health = client.get("/overview"), client.get("/healthz")
    assert answer.status_code == health.status_code == 503
    assert "claude-usage run" in answer.text


def test_a_file_of_another_version_says_what_to_do(copied: Path) -> None:
    with duckdb.connect(str(copied)) as connection:
        connection.execute("drop table marts.usage_source_comparison_daily")
        connection.execute("alter table marts.coverage_daily drop complete_report_count")
    with TestClient(app.create(DashboardSettings(publish_path=copied)), base_url=HERE) as client:
        answers = [client.get(path) for path in ("/health", "/overview", "/data/calendar.csv")]
    assert {answer.status_code for answer in answers} == {503}
    assert all("claude-usage publish" in answer.text for answer in answers)


def test_an_empty_file_is_told_in_words(copied: Path) -> None:
    with duckdb.connect(str(copied)) as connection:
        for (table,) in connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
        ).fetchall():
            connection.execute(f"delete from marts.{table}")
    with TestClient(app.create(DashboardSettings(publish_path=copied)), base_url=HERE) as client:
        answer = client.get("/overview")
    assert answer.status_code == 200
    assert "Nothing is loaded yet." in answer.text


def test_a_check_that_fails_is_on_the_pages(copied: Path) -> None:
    with duckdb.connect(str(copied)) as connection:
        connection.execute(
            "update quality.checks set is_passed = false, failing_row_count = 17"
            " where check_name = 'billed_cost_agrees_with_raw_by_day'"
        )
        ((description,),) = connection.execute(
            "select description from quality.checks"
            " where check_name = 'billed_cost_agrees_with_raw_by_day'"
        ).fetchall()
    with TestClient(app.create(DashboardSettings(publish_path=copied)), base_url=HERE) as client:
        rows = list(csv.DictReader(io.StringIO(client.get("/data/checks.csv").text)))
        attention = list(csv.DictReader(io.StringIO(client.get("/data/attention.csv").text)))
        page = client.get("/health").text
    assert rows[0]["check_name"] == "billed_cost_agrees_with_raw_by_day"
    assert rows[0]["result"] == "does not hold"
    assert rows[0]["failing_row_count"] == "17"
    assert {row["run_by"] for row in rows} == {"dbt", "great expectations"}
    assert "1 of them block publishing" in page
    said = [row["why"] for row in attention if row["what"].startswith("check")]
    assert f"{description.rstrip('.')}; rows that fail: 17" in said


def test_a_file_without_checks_says_so(copied: Path) -> None:
    with duckdb.connect(str(copied)) as connection:
        connection.execute("delete from quality.checks")
    with TestClient(app.create(DashboardSettings(publish_path=copied)), base_url=HERE) as client:
        page = client.get("/health").text
    assert "No check has run since the tables were built" in page
    assert page.count("the file tells of none") == 2


@pytest.mark.parametrize(
    ("privacy", "words"),
    [
        (Privacy(), "Nothing: people have their names"),
        (Privacy("pseudonymous", "0123456789abcdef"), "A person has a pseudonym."),
        (Privacy("team", min_people=6), "Amounts are of 6 people or more"),
    ],
    ids=lambda one: one.level if isinstance(one, Privacy) else "",
)
def test_a_file_says_what_it_leaves_out(
    demo: tuple[Place, str], tmp_path: Path, privacy: Privacy, words: str
) -> None:
    path = tmp_path / "claude_usage.duckdb"
    publish(demo[0].warehouse, path, privacy)
    with TestClient(app.create(DashboardSettings(publish_path=path)), base_url=HERE) as client:
        page = client.get("/health").text
    assert words in page


def test_another_host_needs_a_token(published: Path) -> None:
    with pytest.raises(ValueError, match="DASHBOARD_TOKEN"):
        DashboardSettings(publish_path=published, dashboard_host="0.0.0.0")
    token = "a-token-of-enough-characters"
    settings = DashboardSettings(
        publish_path=published,
        dashboard_host="0.0.0.0",
        dashboard_token=token,
    )
    with TestClient(app.create(settings), base_url=HERE) as client:
        assert client.get("/overview").status_code == 401
        assert client.get("/data/teams.csv").status_code == 401
        assert client.get("/overview?token=wrong").status_code == 401
        assert client.get("/healthz").status_code == 200
        opened = client.get(f"/overview?token={token}")
        assert opened.status_code == 200
        assert "token" not in str(opened.url)
        assert client.cookies[COOKIE] == token
        assert client.get("/data/teams.csv").status_code == 200
    with TestClient(app.create(settings), base_url=HERE) as other:
        assert other.get("/overview", headers={"authorization": f"Bearer {token}"}).is_success


def test_a_new_chart_is_one_declaration(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard import charts

    chart = Chart(
        "new_one",
        "Sessions by day",
        "select usage_date, 'all' as kind, sum(session_count) as sessions"
        " from fct_claude_code_activity_daily"
        " where usage_date between getvariable('first_day') and getvariable('last_day')"
        " group by usage_date order by usage_date",
        (Column("usage_date", "Day", "date"), Column("sessions", "Sessions", "count")),
        DATES,
        "fct_claude_code_activity_daily.session_count",
        marks=lambda: charts.stacked_days(
            "usage_date", "sessions", "kind", title="Sessions", unit="count"
        ),
        says="Bars by day.",
    )
    page = Page("new", "New", "Is it there?", sections=(Section("New", (chart,)),))
    monkeypatch.setattr(app, "PAGES", (*pages.PAGES, page))
    monkeypatch.setitem(pages.BY_ID, "new", page)

    with TestClient(app.create(DashboardSettings(publish_path=published)), base_url=HERE) as client:
        shown = client.get("/new").text
        rows = client.get("/data/new_one.csv").text
        drawn = client.get("/chart/new_one.svg").text
    assert 'data-chart="new_one"' in shown
    assert "Sum of sessions" in shown or "session" in shown.lower()
    assert rows.splitlines()[0] == "usage_date,kind,sessions"
    assert drawn.startswith("<svg")
    assert date.fromisoformat(rows.splitlines()[1].split(",")[0])
