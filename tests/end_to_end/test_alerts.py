"""Alerts and digests of the demo's published file, to a real mail server and real webhooks."""

from __future__ import annotations

import base64
import csv
import io
import json
import logging
import re
import shlex
import shutil
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from standardwebhooks.webhooks import Webhook
from starlette.testclient import TestClient

from alerts import delivered, sending
from alerts.config import read
from alerts.facts import KINDS
from alerts.sending import NothingToSend, Post, Sent
from claude_usage import cli
from dashboard import app
from dashboard.settings import DashboardSettings
from ingestion.settings import named_secrets
from publishing import Privacy, publish
from tests.end_to_end.conftest import Place

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
ROOT = Path(__file__).parents[2]
# A Wednesday, at 12:00 UTC.
NOW = datetime(2026, 12, 2, 12, tzinfo=UTC)
PATH = "a-secret-place-of-the-webhook"
PASSWORD = "a-secret word:of the mail/server"
SIGNED_WITH = f"whsec_{base64.b64encode(b'a key of twenty-four bytes or more').decode()}"
RULES = """\
routes:
  leads:
    type: mail
    server_variable: MAIL_SERVER
    sender: usage@example.com
    to: [leads@example.com, finance@example.com]
  chat: {type: slack, url_variable: CHAT_URL}
  pager: {type: webhook, url_variable: PAGER_URL, secret_variable: PAGER_SECRET}
rules:
  - {alert: budget_exhausted, routes: [leads, pager]}
  - {alert: cost_anomaly, routes: [chat], teams: [Platform]}
  - {alert: check_failed, routes: [leads]}
digests:
  leaders: [leads]
  teams: {Platform: [chat], No such team: [chat]}
"""


class Hooks(ThreadingHTTPServer):
    """A server of webhooks: what it was posted, and what it answers in turn."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hook)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/{PATH}"
        self.posted: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[int] = []

    def texts(self) -> list[str]:
        return [json.loads(body)["text"] for path, _, body in self.posted if path.endswith("/chat")]

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for path, _, body in self.posted if path.endswith("/pager")]


class _Hook(BaseHTTPRequestHandler):
    server: Hooks

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.posted.append((self.path, headers, body))
        status = self.server.answers.pop(0) if self.server.answers else 200
        # As a server might that repeats what it was asked.
        answer = f"{self.path} {headers}".encode()
        self.send_response(status)
        self.send_header("location", self.path)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Mails:
    """A mail server that wants a password: what it took, and what it refuses."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], EmailMessage]] = []
        self.refusal = ""

    def authenticate(self, *asked: Any) -> AuthResult:
        login = asked[-1]
        is_right = isinstance(login, LoginPassword) and login.password == PASSWORD.encode()
        return AuthResult(success=is_right and login.login == b"usage")

    async def handle_DATA(self, _: SMTP, __: Any, envelope: Envelope) -> str:
        if self.refusal:
            return self.refusal
        message = message_from_bytes(envelope.content or b"", policy=policy.default)  # type: ignore[arg-type]
        assert isinstance(message, EmailMessage)
        self.taken.append((envelope.rcpt_tos, message))
        return "250 OK"


@dataclass
class World:
    """A published file of its own, servers on loopback, and what letters need."""

    post: Post
    hooks: Hooks
    mails: Mails
    rules: Path
    now: datetime = NOW
    sent: list[Sent] = field(default_factory=list)

    def send(self, **later: float) -> list[Sent]:
        """Send what is due, after some time."""
        self.now += timedelta(**later)
        self.sent = sending.send(self.post, self.now)
        return self.sent

    def change(self, *statements: str) -> None:
        # The link that keeps writers away.
        self.post.publish_path.with_name(f"{self.post.publish_path.name}.wal").unlink(True)
        with duckdb.connect(str(self.post.publish_path)) as connection:
            connection.execute("use marts")
            for one in statements:
                connection.execute(one)

    def rule(self, rules: str) -> None:
        self.rules.write_text(rules)
        self.post = replace(self.post, alerts=read(self.rules))


@pytest.fixture(scope="module")
def published(demo: tuple[Place, str]) -> Path:
    place, _ = demo
    return place.published


@contextmanager
def mail_server(options: dict[str, Any]) -> Iterator[tuple[Mails, str]]:
    mails = Mails()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(
        mails,
        hostname="127.0.0.1",
        port=port,
        authenticator=mails.authenticate,
        auth_required=True,
        auth_require_tls=False,
        **options,
    )
    controller.start()
    try:
        yield mails, f"smtp://usage:{quote(PASSWORD, safe='')}@127.0.0.1:{port}"
    finally:
        controller.stop()


@contextmanager
def servers() -> Iterator[tuple[Hooks, Mails, dict[str, str]]]:
    with mail_server({}) as (mails, url), Hooks() as hooks:
        threading.Thread(target=hooks.serve_forever, daemon=True).start()
        variables = {
            "MAIL_SERVER": url,
            "CHAT_URL": f"{hooks.url}/chat",
            "PAGER_URL": f"{hooks.url}/pager",
            "PAGER_SECRET": SIGNED_WITH,
        }
        yield hooks, mails, variables
        hooks.shutdown()


@pytest.fixture
def world(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    rules = tmp_path / "alerts.yml"
    rules.write_text(RULES)
    copy = Path(shutil.copy(published, tmp_path / "claude_usage.duckdb"))
    with servers() as (hooks, mails, variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        alerts = read(rules)
        post = Post(
            alerts,
            named_secrets(alerts.variables),
            copy,
            tmp_path / "delivered.json",
            "https://usage.example.com",
        )
        yield World(post, hooks, mails, rules)


def body_of(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content


def test_each_route_gets_what_its_rules_say(world: World) -> None:
    sent = world.send()

    assert [(one.route, one.problem) for one in sent] == [
        ("leads", None),
        ("pager", None),
        ("pager", None),
    ]
    ((to, mail),) = world.mails.taken
    assert to == ["leads@example.com", "finance@example.com"]
    assert mail["Subject"] == "[critical] Budget is used up: budget of Checkout and 4 more"
    text = body_of(mail)
    for part in (
        "Budget is used up (critical)",
        "What:       budget of Checkout",
        "Figures:    $510 of $500 spent",
        "Driver:     claude-",
        "Definition: Billed cost of the complete days of the month",
        "https://usage.example.com/cost?from=2026-10-25&to=2026-10-31&team=Checkout&",
        "What:       check of dim_models: model names are understood",
    ):
        assert part in text
    assert "<td>$510 of $500 spent</td>" in body_of(mail, "html")
    events = world.hooks.events()
    assert [event["type"] for event in events] == ["alert.new", "alert.new"]
    assert events[0]["data"] == {
        "alert": "budget_exhausted",
        "id": "budget_exhausted|seed|team|Checkout|2026-10-01",
        "severity": "critical",
        "day": "2026-10-31",
        "team": "Checkout",
        "what": "budget of Checkout",
        "figures": "$510 of $500 spent",
        "driver": events[0]["data"]["driver"],
        "definition": events[0]["data"]["definition"],
        "as_of": events[0]["data"]["as_of"],
        "link": events[0]["data"]["link"],
    }
    # What was said is what the file says.
    with duckdb.connect(str(world.post.publish_path), read_only=True) as connection:
        model, cost = connection.execute(
            "select model, sum(allocated_cost_usd) as cost from marts.fct_cost_attribution_daily"
            " where team_name = 'Checkout' and is_complete_day and usage_date >= '2026-10-01'"
            " and model <> 'none' group by model order by cost desc limit 1"
        ).fetchone() or ("", 0)
        known = connection.execute(
            "select comment from duckdb_columns() where table_name = 'budget_status_daily'"
            " and column_name = 'actual_cost_usd'"
        ).fetchone()
    assert events[0]["data"]["driver"] == f"{model} with ${cost:,.0f} so far"
    assert known is not None
    assert events[0]["data"]["definition"] == " ".join(known[0].split())


def test_a_fact_is_told_once(world: World) -> None:
    world.send()

    assert world.send(days=1) == []
    assert len(world.mails.taken) == 1
    assert len(world.hooks.posted) == 2


def test_a_webhook_is_signed(world: World) -> None:
    world.now = datetime.now(UTC)
    world.send()

    for path, headers, body in world.hooks.posted:
        assert path.endswith("/pager")
        assert Webhook(SIGNED_WITH).verify(body, headers) == json.loads(body)
    assert len({headers["webhook-id"] for _, headers, _ in world.hooks.posted}) == 2


def test_what_a_route_did_not_take_is_tried_again_and_costs_no_other(world: World) -> None:
    world.hooks.answers = [500, 302]
    world.mails.refusal = f"550 no {PASSWORD}"
    sent = world.send()

    assert [one.problem for one in sent] == [
        "route leads: the mail server answered 550",
        "route pager: answered 500",
        "route pager: answered 302",
    ]
    first = [headers["webhook-id"] for _, headers, _ in world.hooks.posted]
    world.mails.refusal = ""
    assert [one.problem for one in world.send(hours=1)] == [None, None, None]
    # The receiver can tell that it is the same.
    assert [headers["webhook-id"] for _, headers, _ in world.hooks.posted] == first * 2
    assert world.send(hours=1) == []


def test_one_of_two_that_failed_is_sent_and_the_other_is_not_again(world: World) -> None:
    world.hooks.answers = [200, 503]
    world.send()
    world.send(hours=1)

    events = [event["data"]["what"] for event in world.hooks.events()]
    assert events == [
        "budget of Checkout", "budget of Jonas Weber", "budget of Jonas Weber",
    ]  # fmt: skip


def test_it_is_told_again_when_it_grows_and_once_when_it_is_resolved(world: World) -> None:
    of_checkout = "where scope_id = 'Checkout' and usage_date = '2026-10-31'"
    world.send()
    # Less than a tenth of the budget more is no news.
    world.change(f"update budget_status_daily set actual_cost_usd = 540 {of_checkout}")
    assert world.send(hours=1) == []
    world.change(f"update budget_status_daily set actual_cost_usd = 560 {of_checkout}")
    world.send(hours=1)
    assert [one.title for one in world.sent] == [
        "[critical] More: Budget is used up: budget of Checkout"
    ] * 2
    assert world.send(hours=1) == []
    world.change(
        f"update budget_status_daily set budget_usd = 800, budget_status = 'within' {of_checkout}"
    )
    world.send(hours=1)
    assert [one.title for one in world.sent] == [
        "Resolved: Budget is used up: budget of Checkout"
    ] * 2
    assert world.hooks.events()[-1]["type"] == "alert.resolved"
    assert world.hooks.events()[-1]["data"]["figures"] == "within: forecast $510 of $800"
    assert world.send(hours=1) == []
    # It is news when it comes back.
    back = "set budget_usd = 500, budget_status = 'exhausted'"
    world.change(f"update budget_status_daily {back} {of_checkout}")
    assert len(world.send(hours=1)) == 2


def test_what_the_next_month_does_not_know_is_not_resolved(world: World) -> None:
    world.send()
    world.change(
        "insert into budget_status_daily select * replace ('2026-11-01'::date as usage_date,"
        " '2026-11-01'::date as month_start_date, 1 as actual_cost_usd, 'within' as budget_status)"
        " from budget_status_daily where usage_date = '2026-10-31'",
        "insert into coverage_daily select * replace ('2026-11-01'::date as usage_date)"
        " from coverage_daily where usage_date = '2026-10-31'",
    )

    assert world.send(days=1) == []
    kept = delivered.read(world.post.delivered_path).grades
    assert not any("budget" in key for key in kept["pager"])


def test_a_budget_that_is_used_up_is_no_longer_about_to_be(world: World) -> None:
    head = RULES.split("rules:")[0]
    world.rule(
        f"{head}rules:\n  - {{alert: budget_forecast, routes: [pager]}}\n"
        "  - {alert: budget_exhausted, routes: [pager]}\n"
    )
    of_all = "where scope_id = 'all' and budget_source = 'seed' and usage_date = '2026-10-31'"
    over = "budget_status = 'forecast_over', forecast_cost_usd = 5000"
    world.change(f"update budget_status_daily set {over} {of_all}")
    world.send()
    world.change(
        "update budget_status_daily set budget_status = 'exhausted', actual_cost_usd = 4600"
        f" {of_all}"
    )
    world.send(hours=1)

    assert [one.title for one in world.sent] == ["[critical] Budget is used up: budget of all"]


def test_old_days_that_failed_are_not_resolved_by_time(world: World) -> None:
    head = RULES.split("rules:")[0]
    world.rule(f"{head}rules: [{{alert: data_failed, routes: [pager]}}]\n")
    of_old = "where endpoint = 'analytics_cost' and window_key = '2026-08-10'"
    failed = "completeness_status = 'failed', is_complete = false"
    world.change(f"update data_completeness set {failed} {of_old}")
    world.send()
    assert [one.title for one in world.sent] == ["Data is not whole: data: analytics_cost"]
    assert world.send(days=1) == []
    world.change(
        "update data_completeness set completeness_status = 'complete', is_complete = true"
        f" {of_old}"
    )
    world.send(days=1)
    assert [one.title for one in world.sent] == [
        "Resolved: Data is not whole: data: analytics_cost"
    ]


def test_a_rule_that_is_taken_out_resolves_nothing(world: World) -> None:
    world.send()
    world.rule(RULES.replace("  - {alert: budget_exhausted, routes: [leads, pager]}\n", ""))

    assert world.send(hours=1) == []
    assert delivered.read(world.post.delivered_path).grades["pager"] == {}


def test_quiet_hours_hold_back_and_lose_nothing(world: World) -> None:
    world.rule(
        "time_zone: Europe/Berlin\nquiet_hours: {begin: 20:00, end: 07:00, but_send: [critical]}\n"
        + RULES
    )
    # 20:30 in Berlin.
    world.now = NOW.replace(hour=19, minute=30)
    due = sending.preview(world.post, world.now).due
    assert [one.fact.kind for one in due.held] == ["check_failed"] * 3
    world.send()
    assert world.mails.taken[0][1]["Subject"].endswith("budget of Checkout and 1 more")
    # One of them is over before morning: nobody hears of it.
    world.change("update quality.checks set is_passed = true where table_name = 'dim_models'")
    assert world.send(hours=10) == []
    world.send(hours=1)
    assert [one.title for one in world.sent] == [
        "A check does not hold: check of coverage_daily: days with a bill have people and 1 more"
    ]


def test_a_preview_sends_and_notes_nothing(world: World) -> None:
    before = sending.preview(world.post, world.now)

    assert len(before.due.now) == len(before.words) == 7
    assert before.unknown_teams == ("No such team",)
    assert (world.mails.taken, world.hooks.posted) == ([], [])
    assert not world.post.delivered_path.exists()


ANOMALY = (
    "update cost_anomalies_daily set usage_date = '2026-10-30' where usage_date = '2026-10-21'"
)


def test_a_team_gets_what_is_its_own_and_no_figure_of_all(world: World) -> None:
    world.change(ANOMALY)
    world.send()

    (text,) = world.hooks.texts()
    assert "*Cost out of the usual* (critical)" in text
    assert "What:       Jonas Weber" in text
    # Seen in four places, of which three are not the team's.
    assert "places" not in text
    assert "team=Platform" in text
    world.rule(RULES.replace("[Platform]}", "[Checkout]}", 1))
    assert world.send(hours=1) == []


def test_an_event_is_told_once_and_never_resolved(world: World) -> None:
    world.change(ANOMALY)
    world.send()
    world.change("delete from cost_anomalies_daily")
    assert world.send(days=1) == []
    # A revision that brings it again is no news.
    key = "cost_anomaly|2026-10-30"
    assert any(
        one.startswith(key) for one in delivered.read(world.post.delivered_path).grades["chat"]
    )


FACTS = [
    pytest.param(
        "data_stale",
        "update data_completeness set last_fetched_at = '2026-12-01 00:00'",
        "nothing was read whole since 2026-12-01 00:00 UTC",
        "data of anthropic",
        id="stale",
    ),
    pytest.param(
        "data_failed",
        "update data_completeness set completeness_status = 'failed', is_complete = false"
        " where endpoint = 'analytics_cost' and window_started_at >= '2026-10-29'",
        "3 of the days or repositories read are failed or not whole",
        "data: analytics_cost",
        id="failed",
    ),
    pytest.param(
        "rate_headroom",
        "update token_rate_headroom set limit_used_ratio = 0.95, limit_value = 1000"
        " where usage_date = '2026-10-31' and workspace_id = 'all'"
        " and limit_type = 'output_tokens_per_minute'",
        "the busiest minute used 95 % of 1,000, 2026-10-31",
        "rate limit output tokens per minute of",
        id="headroom",
    ),
    pytest.param(
        "machine_silent",
        "select 1",
        "a machine is silent for 16 days",
        "telemetry of Farid Haddad",
        id="silent",
    ),
    pytest.param(
        "budget_forecast",
        "update budget_status_daily set budget_status = 'forecast_over', forecast_cost_usd = 5000"
        " where scope_id = 'all' and budget_source = 'seed' and usage_date = '2026-10-31'",
        "forecast $5,000 of $4,500",
        "budget of all",
        id="forecast",
    ),
]


@pytest.mark.parametrize(("alert", "change", "figures", "what"), FACTS)
def test_each_kind_of_fact_is_told_with_its_figures(
    world: World, alert: str, change: str, figures: str, what: str
) -> None:
    world.rule(f"{RULES.split('rules:')[0]}rules: [{{alert: {alert}, routes: [pager]}}]\n")
    before = {event["data"]["id"] for event in world.hooks.events()}
    world.change(change)
    world.now = datetime(2026, 12, 2, 8, tzinfo=UTC)
    world.send()

    new = [one["data"] for one in world.hooks.events() if one["data"]["id"] not in before]
    assert any(
        one["figures"].startswith(figures) and one["what"].startswith(what) for one in new
    ), new
    assert {one["alert"] for one in new} == {alert}
    assert world.send(minutes=5) == []


def test_what_is_told_is_what_the_overview_shows(world: World) -> None:
    world.change(ANOMALY)
    kinds = KINDS.keys() - {"data_stale", "data_failed"}
    rules = "".join(f"  - {{alert: {kind}, routes: [pager]}}\n" for kind in sorted(kinds))
    world.rule(f"{RULES.split('rules:')[0]}rules:\n{rules}")
    settings = DashboardSettings(publish_path=world.post.publish_path)
    with TestClient(app.create(settings), base_url="http://127.0.0.1:8600") as client:
        file = client.get("/data/attention.csv?from=2026-10-25&to=2026-10-31").text
    shown = {(row["what"], row["why"]) for row in csv.DictReader(io.StringIO(file))}
    world.send()

    events = [event["data"] for event in world.hooks.events()]
    assert {
        (one["what"], one["figures"] + (f"; driver: {one['driver']}" if one["driver"] else ""))
        for one in events
    } == {(what, " ".join(why.split())) for what, why in shown}
    assert len(events) == 7


def test_a_threshold_holds_back_what_is_below_it(world: World) -> None:
    head = RULES.split("rules:")[0]
    for threshold, count in ((1.9, 1), (2.1, 0)):
        rule = f"{{alert: budget_exhausted, threshold: {threshold}, routes: [pager]}}"
        world.rule(f"{head}rules: [{rule}]\n")
        due = sending.preview(world.post, world.now).due
        assert len(due.now) == count


def test_no_secret_is_shown_or_kept(
    world: World,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    world.change(ANOMALY)
    world.hooks.answers = [403, 403, 403]
    world.mails.refusal = f"535 {PASSWORD}"
    problems = [one.problem for one in world.send()]
    # Nobody listens there.
    for server in ("MAIL_SERVER", "CHAT_URL"):
        values = {**world.post.values, server: re.sub(r":\d+", ":1", world.post.values[server])}
        world.post = replace(world.post, values=values)
    problems += [one.problem for one in world.send()]

    assert "route chat: cannot be reached (ConnectError)" in problems
    assert "route leads: the mail server cannot be used (ConnectionRefusedError)" in problems
    printed = capfd.readouterr()
    kept = "".join(
        path.read_bytes().decode("latin-1")
        for path in tmp_path.rglob("*")
        if path.is_file() and path.suffix != ".duckdb"
    )
    everything = "\n".join([str(problems), caplog.text, printed.out, printed.err, kept])
    assert "httpx" in caplog.text
    for secret in (PATH, PASSWORD, SIGNED_WITH, SIGNED_WITH[6:], "a-secret%20word"):
        assert secret not in everything


OTHER = RULES.replace(
    "rules:", "  other: {type: apprise, url_variable: OTHER_URL}\nrules:"
).replace("[leads, pager]", "[other]")


def test_other_services_are_reached_by_apprise(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("OTHER_URL", world.hooks.url.replace("http:", "json:") + "/other")
    world.rule(OTHER)
    values = named_secrets(world.post.alerts.variables)
    world.post = replace(world.post, values=values)
    world.hooks.answers = [500]
    problems = [one.problem for one in world.send() if one.route == "other"]
    again = [one.problem for one in world.send(hours=1)]

    assert problems == ["route other: the service did not take it"]
    assert again == [None]
    body = json.loads(world.hooks.posted[-1][2])
    assert body["title"] == "[critical] Budget is used up: budget of Checkout and 1 more"
    assert "Figures:    $510 of $500 spent" in body["message"]
    assert "apprise" in caplog.text
    assert PATH not in caplog.text


def _certificate(folder: Path) -> Path:
    """Return a file with a key and a certificate for 127.0.0.1 that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return path


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
def test_mail_goes_to_a_server_that_is_vouched_for(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    path = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    way = "ssl_context" if scheme == "smtps" else "tls_context"
    with mail_server({way: context, "require_starttls": scheme == "smtp"}) as (mails, url):
        values = {**world.post.values, "MAIL_SERVER": url.replace("smtp:", f"{scheme}:")}
        world.post = replace(world.post, values=values)
        refused = sending.test(world.post, "leads", NOW)
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        taken = sending.test(world.post, "leads", NOW)

    assert refused.problem == (
        "route leads: the mail server cannot be used (SSLCertVerificationError)"
    )
    assert taken.problem is None
    assert [mail["Subject"] for _, mail in mails.taken] == ["Test of route leads"]


def test_no_password_goes_to_another_machine_in_the_clear(world: World) -> None:
    # An address that is not known to be this machine's.
    server = world.post.values["MAIL_SERVER"].replace("127.0.0.1", "127.1")
    world.post = replace(world.post, values={**world.post.values, "MAIL_SERVER": server})

    sent = sending.test(world.post, "leads", NOW)
    assert sent.problem == "route leads: the mail server cannot be used (SMTPNotSupportedError)"
    assert world.mails.taken == []


def test_what_was_told_is_its_owners_alone_and_is_read_back(world: World, tmp_path: Path) -> None:
    world.send()

    assert world.post.delivered_path.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.glob("*delivered*")) == [
        "delivered.json",
        "delivered.json.lock",
    ]
    world.post.delivered_path.write_text("{")
    with pytest.raises(delivered.DeliveredError, match="move it away, and all is sent anew"):
        world.send()


def test_two_at_once_tell_once(world: World) -> None:
    both = [threading.Thread(target=sending.send, args=(world.post, NOW)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert len(world.mails.taken) == 1
    assert len(world.hooks.posted) == 2


def test_without_a_file_or_a_day_nothing_is_told_or_resolved(world: World, tmp_path: Path) -> None:
    world.send()
    before = world.post.delivered_path.read_text()
    world.post = replace(world.post, publish_path=tmp_path / "none.duckdb")
    with pytest.raises(NothingToSend, match=r"none\.duckdb is not there: run claude-usage run"):
        world.send()
    world.post = replace(world.post, publish_path=tmp_path / "claude_usage.duckdb")
    world.change("delete from coverage_daily")
    with pytest.raises(NothingToSend, match="run claude-usage run"):
        world.send()
    assert world.post.delivered_path.read_text() == before


@pytest.mark.parametrize("level", ["pseudonymous", "team"])
def test_no_name_is_in_what_leaves_below_level_named(
    world: World, demo: tuple[Place, str], level: Any
) -> None:
    with duckdb.connect(str(world.post.publish_path), read_only=True) as connection:
        people = connection.execute(
            "select distinct unnest([display_name, email_address, github_login])"
            " from marts.dim_people where person_kind = 'member'"
        ).fetchall()
    names = [name for (name,) in people if name]
    privacy = Privacy(level, "0123456789abcdef", 5)
    publish(demo[0].warehouse, world.post.publish_path, privacy)
    rules = "".join(f"  - {{alert: {kind}, routes: [leads, chat, pager]}}\n" for kind in KINDS)
    world.rule(f"{RULES.split('rules:')[0]}rules:\n{rules}digests:\n  leaders: [leads, pager]\n")
    world.change(ANOMALY)
    world.send()
    sending.send_digests(world.post, NOW)

    left = "\n".join(
        [str(world.sent), world.post.delivered_path.read_text()]
        + [body.decode() for _, _, body in world.hooks.posted]
        + [
            f"{mail['Subject']} {body_of(mail)} {body_of(mail, 'html')}"
            for _, mail in world.mails.taken
        ]
    )
    assert all(one.problem is None for one in world.sent)
    assert "budget of Checkout" in left
    assert [name for name in names if name in left] == []
    if level == "team":
        assert "the file tells no amounts" in left
        assert "Person" not in left


def test_a_hostile_team_is_text_wherever_it_goes(world: World) -> None:
    name = "<!channel> </td><script>alert(1)</script>\r\nBcc: all@example.com ```*x*"
    with duckdb.connect(str(world.post.publish_path)) as connection:
        for table, columns in (
            ("budget_status_daily", ("scope_id", "scope_name")),
            ("fct_cost_attribution_daily", ("team_name",)),
            ("fct_pull_requests", ("team_name",)),
        ):
            for column in columns:
                connection.execute(
                    f"update marts.{table} set {column} = ? where {column} = 'Checkout'", [name]
                )
    rules = RULES.replace("[leads, pager]", "[leads, chat, pager]")
    world.rule(rules.replace("Platform: [chat]", f"{json.dumps(name)}: [leads, chat]"))
    world.send()
    sending.send_digests(world.post, NOW)

    page = body_of(world.mails.taken[0][1], "html")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert len(world.mails.taken) == 3
    for to, mail in world.mails.taken:
        assert to == ["leads@example.com", "finance@example.com"]
        assert mail["Bcc"] is None
        assert "<script" not in body_of(mail, "html")
    for text in world.hooks.texts():
        assert "<!" not in text
        assert text.count("```") % 2 == 0
    assert world.hooks.events()[0]["data"]["what"].startswith("budget of <!channel> </td><script>")


def test_a_digest_has_figures_and_pictures_and_goes_out_once_a_week(world: World) -> None:
    sent = sending.send_digests(world.post, NOW)

    assert sorted((one.route, one.title, one.problem) for one in sent) == [
        ("chat", "Claude Code, week from 2026-10-19: Platform", None),
        ("leads", "Claude Code, week from 2026-10-19", None),
    ]
    ((_, mail),) = world.mails.taken
    pictures = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    names = {str(part["Content-ID"]).strip("<>") for part in pictures}
    assert names == {"cost_by_day_and_model", "merged_by_week"}
    assert set(re.findall(r"src='cid:(\w+)'", body_of(mail, "html"))) == names
    assert all(part.get_content().startswith(b"\x89PNG") for part in pictures)
    with duckdb.connect(str(world.post.publish_path), read_only=True) as connection:
        billed = [
            (connection.execute(
                "select sum(allocated_cost_usd) from marts.fct_cost_attribution_daily where"
                f" is_complete_day and usage_date between '2026-10-19' and '2026-10-25' {of}"
            ).fetchone() or (0,))[0]
            for of in ("", "and team_name = 'Platform'")
        ]  # fmt: skip
    (chat,) = world.hooks.texts()
    assert f"Billed: ${billed[0]:,.2f} (7 complete days" in body_of(mail)
    assert f"Billed: ${billed[1]:,.2f} (" in chat
    assert "forecast" not in chat.split("What needs attention")[0]
    # Of other teams there is nothing.
    assert "Checkout" not in chat
    assert sending.send_digests(world.post, NOW + timedelta(days=1)) == []


def test_a_digest_that_failed_is_sent_by_the_next_call(world: World) -> None:
    world.hooks.answers = [500]
    sending.send_digests(world.post, NOW)
    again = sending.send_digests(world.post, NOW + timedelta(hours=1))

    assert [(one.route, one.problem) for one in again] == [("chat", None)]
    # Alerts forget no digest.
    world.send(hours=2)
    assert sending.send_digests(world.post, NOW + timedelta(hours=3)) == []


def test_each_link_opens_the_part_it_names(world: World) -> None:
    world.change(ANOMALY)
    rules = "".join(f"  - {{alert: {kind}, routes: [pager]}}\n" for kind in KINDS)
    world.rule(f"{RULES.split('rules:')[0]}rules:\n{rules}")
    world.send()
    settings = DashboardSettings(publish_path=world.post.publish_path)
    links = {event["data"]["link"] for event in world.hooks.events()}

    assert len(links) > 3
    with TestClient(app.create(settings), base_url="http://127.0.0.1:8600") as client:
        for link in sorted(links):
            address, _, part = link.removeprefix("https://usage.example.com").partition("#")
            page = client.get(address, follow_redirects=False)
            assert page.status_code == 200, (link, page.text[-600:])
            assert f'id="{part}"' in page.text
            assert "shown is all" not in page.text


def test_each_shown_command_works(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    document = (ROOT / "docs" / "alerts.md").read_text()
    (rules,) = re.findall(r"```yaml\n(.*?)```", document, flags=re.DOTALL)
    shown = [
        shlex.split(line)[1:]
        for block in re.findall(r"```sh\n(.*?)```", document, flags=re.DOTALL)
        for line in block.splitlines()
    ]
    (tmp_path / "alerts.yml").write_text(rules)
    values = world.post.values
    for name, value in {
        "ALERTS_SMTP": values["MAIL_SERVER"],
        "ALERTS_PLATFORM_URL": values["CHAT_URL"],
        "ALERTS_PAGER_URL": values["PAGER_URL"],
        "ALERTS_PAGER_SECRET": values["PAGER_SECRET"],
        "ALERTS": "on",
        "SEEDS_PATH": str(tmp_path),
        "WAREHOUSE_PATH": str(tmp_path / "warehouse.duckdb"),
        "PUBLISH_PATH": str(world.post.publish_path),
    }.items():
        monkeypatch.setenv(name, value)

    def run(*command: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["claude-usage", *command])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        assert PATH not in printed.out + printed.err
        return int(ended.value.code or 0), printed.out + printed.err

    said = [run(*command) for command in shown]
    assert [code for code, _ in said] == [0] * len(shown), said
    assert {command[1] for command in shown} == {"preview", "test", "send", "digest"}
    assert "would be sent now" in said[0][1]
    assert "budget of Checkout" in said[0][1]
    subjects = [mail["Subject"] for _, mail in world.mails.taken]
    assert any(one.startswith("Claude Code, week from") for one in subjects)
    assert run("alerts", "send") == (0, "nothing is new\n")
    world.hooks.answers = [500]
    assert run("alerts", "test", "platform") == (1, "failed route platform: answered 500\n")
    code, text = run("alerts", "test", "nowhere")
    assert (code, "there is no route 'nowhere'; there are: leads" in text) == (2, True)
    monkeypatch.setenv("ALERTS_PAGER_SECRET", "too short")
    code, text = run("alerts", "send")
    assert (code, "route pager: the webhook's secret must be whsec_" in text) == (2, True)


def test_a_run_tells_and_what_was_not_taken_is_a_warning(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dagster as dg

    from orchestration.assets.alerting import alerts, digests

    monkeypatch.setenv("PUBLISH_PATH", str(world.post.publish_path))
    monkeypatch.setenv("WAREHOUSE_PATH", str(tmp_path / "warehouse.duckdb"))
    monkeypatch.setenv("SEEDS_PATH", str(tmp_path))

    def made() -> dict[str, Any]:
        result = dg.materialize([alerts])
        assert result.success
        (one,) = result.asset_materializations_for_node("published__alerts")
        return {name: value.value for name, value in one.metadata.items()}

    # Off unless it is switched on.
    assert made() == {"sent": 0}
    monkeypatch.setenv("ALERTS", "on")
    world.hooks.answers = [500]
    assert made() == {"sent": 2, "warnings": ["route pager: answered 500"]}
    assert made() == {"sent": 1}
    assert made() == {"sent": 0}

    @dg.job
    def weekly() -> None:
        digests()

    assert weekly.execute_in_process().success
    assert world.hooks.texts()[-1].startswith("```\nClaude Code, week from 2026-10-19: Platform")
    (tmp_path / "alerts.yml").write_text("routes: {}\nrule: []\n")
    assert made()["warnings"][0].endswith("line 2: rule: is no key that is known here")
