"""Who sees what behind a proxy: all, teams or their own, asked over HTTP as the proxy asks."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from starlette.testclient import TestClient

from dashboard import app, pages
from dashboard.settings import DashboardSettings
from dashboard.viewers import GrantsError, read_grants
from tests.end_to_end.conftest import Place

SPAN = "?from=2026-08-03&to=2026-10-31"
PROXY = "127.0.0.1"
HEADER = "X-Forwarded-Email"
PARTS = {name: part for page in pages.PAGES for name, part in page.parts.items()}
GRANTS = """grantee,grantee_kind,role,team_name
finance,group,all,
platform-leads,group,team,Platform
leads,group,team,
"""


@pytest.fixture(scope="module")
def published(demo: tuple[Place, str]) -> Path:
    place, _ = demo
    return place.published


@pytest.fixture(scope="module")
def grants(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("grants") / "roles.csv"
    path.write_text(GRANTS)
    return path


@pytest.fixture(scope="module")
def client(published: Path, grants: Path) -> Iterator[TestClient]:
    settings = DashboardSettings(
        publish_path=published,
        dashboard_host="0.0.0.0",
        dashboard_trusted_proxy="10.0.0.0/8,127.0.0.1",
        dashboard_roles_path=grants,
    )
    with TestClient(app.create(settings), client=(PROXY, 1)) as made:
        yield made


@pytest.fixture(scope="module")
def people(published: Path) -> dict[str, tuple[str, str]]:
    """Return name and team by mail address, of people with one team and use."""
    with duckdb.connect(str(published), read_only=True) as connection:
        rows = connection.execute(
            """
            select email_address, display_name, any_value(team_name)
            from marts.dim_people inner join marts.dim_team_memberships using (person_key)
            where email_address is not null
                and person_key in (select person_key from marts.fct_claude_code_activity_daily)
            group by all
            having count(*) = 1
            order by 1
            """
        ).fetchall()
    return {address: (name, team) for address, name, team in rows}


def _as(user: str, *groups: str) -> dict[str, str]:
    return {HEADER: user, "X-Forwarded-Groups": ",".join(groups)}


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_who_has_no_grant_sees_their_own_usage_alone(
    client: TestClient, people: dict[str, tuple[str, str]]
) -> None:
    user, (name, _) = next(iter(people.items()))
    mine = client.get(f"/{SPAN}", headers=_as(user.upper(), "something"))

    assert mine.url.path == "/me"
    assert name in mine.text
    others = {other for other, _ in people.values()} - {name}
    assert others
    assert not any(other in mine.text for other in others)
    for page in pages.PAGES:
        if page.id != "me":
            answer = client.get(f"/{page.id}{SPAN}", headers=_as(user))
            assert answer.status_code == 403
            assert "My usage" in answer.text
    for part in PARTS.values():
        answer = client.get(f"/data/{part.id}.csv{SPAN}", headers=_as(user))
        assert answer.status_code == (200 if "person" in part.filters else 403), part.id


def test_nobody_sees_another_by_asking_for_them(
    client: TestClient, published: Path, people: dict[str, tuple[str, str]]
) -> None:
    (user, _), (other, (name, _)) = list(people.items())[:2]
    with duckdb.connect(str(published), read_only=True) as connection:
        key = "select person_key from marts.dim_people where email_address = ?"
        mine, theirs = (connection.execute(key, [one]).fetchone() for one in (user, other))
    assert mine
    assert theirs
    asked = f"{SPAN}&person={theirs[0]}"

    page = client.get(f"/me{asked}", headers=_as(user))
    assert name not in page.text
    assert "There is no person of that name here" in page.text
    for part in PARTS.values():
        if "person" in part.filters:
            for way in (asked, f"{SPAN}&person=all", SPAN):
                got = client.get(f"/data/{part.id}.csv{way}", headers=_as(user)).text
                own = client.get(f"/data/{part.id}.csv{SPAN}&person={mine[0]}", headers=_as(user))
                assert got == own.text


@pytest.mark.parametrize("asked", ["", "&team=all", "&team=Checkout"])
def test_a_lead_sees_the_own_team_and_nothing_of_others(
    client: TestClient, people: dict[str, tuple[str, str]], asked: str
) -> None:
    user, (_, team) = next((one, of) for one, of in people.items() if of[1] == "Platform")
    elsewhere = {name for name, of in people.values() if of != team}

    for group in ("leads", "platform-leads"):
        for page in pages.PAGES:
            answer = client.get(f"/{page.id}{SPAN}{asked}", headers=_as(user, group))
            if answer.status_code == 403:
                continue
            assert answer.status_code == 200
            assert not [name for name in elsewhere if name in answer.text], page.id
            assert "Checkout" not in answer.text, page.id
        for part in PARTS.values():
            answer = client.get(f"/data/{part.id}.csv{SPAN}{asked}", headers=_as(user, group))
            if not part.filters & {"team", "person"}:
                assert answer.status_code == 403, part.id
                continue
            for row in _rows(answer.text):
                assert row.get("team_name", team) in (team, "all"), part.id
            picture = client.get(f"/chart/{part.id}.svg{SPAN}{asked}", headers=_as(user, group))
            assert picture.status_code in (200, 404)
    said = client.get(f"/overview{SPAN}", headers=_as(user, "leads")).text
    assert "Not shown to you" in said
    assert (
        '<option value="all">all</option>' not in said.split('name="team"')[1].split("</select>")[0]
    )


def test_the_widest_grant_holds(client: TestClient) -> None:
    all_of_it = client.get(
        f"/overview{SPAN}", headers=_as("cfo@larkfield.example", "leads", "finance")
    )

    assert all_of_it.status_code == 200
    assert "Checkout" in all_of_it.text
    assert "Not shown to you" not in all_of_it.text
    assert "cfo@larkfield.example" in all_of_it.text


@pytest.mark.parametrize(
    ("user", "groups", "said"),
    [
        ("nobody@larkfield.example", (), "no person with the address"),
        ("nobody@larkfield.example", ("leads",), "is in none"),
    ],
)
def test_who_is_not_in_the_file_is_told_why(
    client: TestClient, user: str, groups: tuple[str, ...], said: str
) -> None:
    answer = client.get(f"/{SPAN}", headers=_as(user, *groups))
    assert answer.status_code == 200
    assert said in answer.text


def test_only_the_proxy_is_believed(published: Path, client: TestClient) -> None:
    settings = DashboardSettings(publish_path=published, dashboard_trusted_proxy="10.1.0.0/16")
    for peer in ("127.0.0.1", "10.2.0.1", "::1"):
        with TestClient(app.create(settings), client=(peer, 1)) as other:
            headers = _as("cfo@larkfield.example") | {"X-Forwarded-For": "10.1.0.1"}
            assert other.get("/overview", headers=headers).status_code == 403
            assert other.get("/healthz").status_code == 200
    assert client.get("/overview").status_code == 401
    twice = [(HEADER, "a@larkfield.example"), (HEADER, "b@larkfield.example")]
    assert client.get("/overview", headers=twice).status_code == 401


def test_another_sites_name_for_this_machine_is_refused(published: Path) -> None:
    with TestClient(app.create(DashboardSettings(publish_path=published))) as client:
        for host, status in (("127.0.0.1:8600", 200), ("localhost", 200), ("evil.example", 400)):
            assert client.get("/overview", headers={"host": host}).status_code == status


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("user,role\na,all\n", "the first line must be"),
        (GRANTS + "a,user,boss,\n", "line 5, role"),
        (GRANTS + "a,robot,all,\n", "line 5, grantee_kind"),
    ],
)
def test_a_wrong_file_of_grants_names_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "roles.csv"
    path.write_text(text)
    with pytest.raises(GrantsError, match=said):
        read_grants(path)
    with pytest.raises(GrantsError, match="cannot be read"):
        read_grants(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"dashboard_token": "x" * 20, "dashboard_trusted_proxy": "127.0.0.1"}, "not both"),
        ({"dashboard_roles_path": "roles.csv"}, "needs DASHBOARD_TRUSTED_PROXY"),
        ({"dashboard_trusted_proxy": "my-proxy"}, "dashboard_trusted_proxy"),
    ],
)
def test_settings_that_would_open_too_much_are_refused(settings: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        DashboardSettings.model_validate(settings)
