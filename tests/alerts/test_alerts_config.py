"""`alerts.yml`: what is wrong is said with line and key, and nothing else is taken."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from alerts.config import Alerts, AlertsError, Slack, read

ROUTES = """\
routes:
  chat: {type: slack, url_variable: CHAT_URL}
"""
WELL = f"""\
time_zone: Europe/Berlin
quiet_hours: {{begin: 22:00, end: "07:30", but_send: [critical]}}
{ROUTES}\
  pager: {{type: webhook, url_variable: PAGER_URL, secret_variable: PAGER_SECRET}}
  leads:
    type: mail
    server_variable: MAIL_SERVER
    sender: usage@example.com
    to: [leads@example.com]
  teams: {{type: apprise, url_variable: TEAMS_URL}}
rules:
  - {{alert: budget_forecast, threshold: 1.1, routes: [chat, leads], teams: [Platform]}}
  - {{alert: data_stale, routes: [pager], severity: warning}}
digests:
  leaders: [leads]
  teams: {{Platform: [chat]}}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alerts.yml"


def said(path: Path, text: str) -> list[str]:
    path.write_text(text)
    with pytest.raises(AlertsError) as raised:
        read(path)
    return [fault.removeprefix(f"{path}, ") for fault in raised.value.faults]


def test_a_whole_file_is_read(path: Path) -> None:
    path.write_text(WELL)
    alerts = read(path)

    assert isinstance(alerts, Alerts)
    assert alerts.routes["chat"] == Slack(type="slack", url_variable="CHAT_URL")
    assert alerts.quiet_hours is not None
    # Without quotes YAML takes 22:00 for a number.
    assert (alerts.quiet_hours.begin, alerts.quiet_hours.end) == (time(22), time(7, 30))
    assert alerts.variables == (
        "CHAT_URL", "PAGER_URL", "PAGER_SECRET", "MAIL_SERVER", "TEAMS_URL",
    )  # fmt: skip


RULES = f"{ROUTES}rules:\n"
FAULTS = [
    pytest.param(
        f"{RULES}  - {{alert: budget_forcast, routes: [chat]}}\n",
        "line 4: rules.0.alert: Input should be 'budget_forecast', 'budget_exhausted',"
        " 'cost_anomaly', 'data_stale', 'data_failed', 'check_failed', 'rate_headroom' or"
        " 'machine_silent'",
        id="no such alert",
    ),
    pytest.param(
        f"{RULES}  - alert: cost_anomaly\n    routes: [caht]\n",
        "line 5: there is no route caht; there are: chat",
        id="no such route",
    ),
    pytest.param(
        f"{RULES}  - alert: cost_anomaly\n    routes: [chat]\n    treshold: 3\n",
        "line 6: rules.0.treshold: is no key that is known here",
        id="misspelt key",
    ),
    pytest.param(
        f"{RULES}  - {{alert: cost_anomaly}}\n",
        "line 4: rules.0.routes: is missing",
        id="no route",
    ),
    pytest.param(
        f"{RULES}  - {{alert: check_failed, routes: [chat], threshold: 2}}\n",
        "line 4: rules.0: check_failed has no threshold: leave it out",
        id="a threshold of nothing",
    ),
    pytest.param(
        f"{RULES}  - {{alert: data_stale, routes: [chat], teams: [Platform]}}\n",
        "line 4: rules.0: data_stale is of no team: teams are for budget_forecast,"
        " budget_exhausted, cost_anomaly, machine_silent",
        id="a team of nothing",
    ),
    pytest.param(
        "routes:\n  chat:\n    type: slack\n    url: https://hooks.example.com/secret\n",
        "line 2: routes.chat.url_variable: is missing",
        id="an address in the file",
    ),
    pytest.param(
        "routes:\n  chat: {type: slack, url_variable: 'https://a.example'}\n",
        "line 2: routes.chat.url_variable: String should match pattern '^[A-Z][A-Z0-9_]*$'",
        id="an address in the place of a variable",
    ),
    pytest.param(
        "routes:\n  chat: {type: smoke}\n",
        "line 2: routes.chat: Input tag 'smoke' found using 'type' does not match any of the"
        " expected tags: 'slack', 'webhook', 'mail', 'apprise'",
        id="no such kind of route",
    ),
    pytest.param(
        "routes:\n  m: {type: mail, server_variable: M, sender: a@b, to: ['a@b\\nBcc: c@d']}\n",
        "line 2: routes.m.to.0: must be one mail address, such as leads@example.com",
        id="a header in an address",
    ),
    pytest.param(
        f"time_zone: Mars/Olympus\n{ROUTES}",
        "line 1: time_zone: must be a time zone such as Europe/Berlin or UTC",
        id="no such zone",
    ),
    pytest.param(
        f"{ROUTES}quiet_hours:\n  begin: 25:00\n  end: 07:00\n",
        "line 4: quiet_hours.begin: must be a time of day such as 22:00",
        id="no such hour",
    ),
    pytest.param(f"{ROUTES}{ROUTES}", "line 3: routes is there twice", id="a key twice"),
    pytest.param(
        f"{ROUTES}digests:\n  teams:\n    Platform: [chat, mail]\n",
        "line 5: there is no route mail; there are: chat",
        id="a digest nowhere",
    ),
]


@pytest.mark.parametrize(("text", "fault"), FAULTS)
def test_what_is_wrong_is_said_with_its_line(path: Path, text: str, fault: str) -> None:
    assert fault in said(path, text)


def test_no_value_that_may_be_a_secret_is_repeated(path: Path) -> None:
    text = "routes:\n  chat:\n    type: slack\n    url: https://hooks.example.com/secret\n"
    secret = "routes:\n  chat: {type: slack, url_variable: 'https://h.example/secret'}\n"

    assert not any("secret" in fault for one in (text, secret) for fault in said(path, one))


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"routes: [", ", line 1"),
        (b"", "must have the keys routes and rules"),
        (b"- a\n", "must have the keys routes and rules"),
        ("routes: é".encode("latin-1"), "is not in UTF-8"),
        (b"routes: !!python/object/apply:os.system ['true']\n", "is no YAML"),
    ],
)
def test_what_is_no_such_file_is_refused(path: Path, body: bytes, fault: str) -> None:
    path.write_bytes(body)
    with pytest.raises(AlertsError, match=fault):
        read(path)
