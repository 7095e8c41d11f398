"""Letters: names from outside are text, a signature is one that receivers verify."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, time
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any, cast

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from alerts import due, words
from alerts.config import Alerts, Mail, QuietHours
from alerts.facts import KINDS
from alerts.routes import Letter, Picture, faults, message_of, signed
from dashboard.pages import BY_ID

SECRET = "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
HOSTILE = (
    "<!channel> *bold* `code` ```</script><img src=x> & [a](http://b) @here\r\nBcc: x@y.z\u202e"
)


def of_name(value: str) -> words.Message:
    link = 'https://d.example/?team="&x'
    return words.Message("Title", "critical", (("What", words.one_line(value)),), link)


def test_a_signature_is_one_that_receivers_verify() -> None:
    body = json.dumps({"type": "alert.new", "data": {"what": "Ünï"}}, ensure_ascii=False).encode()
    now = int(datetime.now(UTC).timestamp())
    headers = signed(SECRET, "one|new|key", now, body)

    assert Webhook(SECRET).verify(body, headers) == json.loads(body)
    # The same notice has the same id when it is sent again.
    assert signed(SECRET, "one|new|key", now + 1, body)["webhook-id"] == headers["webhook-id"]
    for wrong in (
        {**headers, "webhook-timestamp": str(now - 3_600)},
        {**headers, "webhook-id": "msg_other"},
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(body, wrong)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body + b" ", headers)


def test_a_name_is_no_order_to_slack() -> None:
    text = words.slack([of_name(HOSTILE)])["text"]

    assert "<" not in text
    assert ">" not in text
    # All of the name is inside one block of code, and ends none.
    assert text.count("`") == 6
    block = text.split("```")[1]
    assert "&lt;!channel&gt; *bold* 'code'" in block
    assert len(block.strip("\n").splitlines()) == 1


class Tags(HTMLParser):
    """Collects tags and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_name_is_no_markup_of_a_mail() -> None:
    page = Tags(words.markup([of_name(HOSTILE)]))

    assert set(page.tags) == {"h2", "table", "tr", "th", "td", "p", "a"}
    assert "<!channel>" in page.text


def test_a_name_is_no_header_of_a_mail() -> None:
    way = Mail(type="mail", server_variable="M", sender="u@example.com", to=("l@example.com",))
    notices = [of_name(HOSTILE), of_name("other")]
    letter = Letter(
        "id", words.subject(notices), words.plain(notices), words.markup(notices), {}, {}
    )
    message = message_of(way, letter)

    assert message["Bcc"] is None
    assert message["Subject"].startswith("[critical] Title: <!channel>")
    assert message["Subject"].endswith(" and 1 more")
    assert "\n" not in message["Subject"]
    assert "\u202e" not in message.as_string()


def test_pictures_stand_in_the_mail_and_are_no_attachments() -> None:
    way = Mail(type="mail", server_variable="M", sender="u@example.com", to=("l@example.com",))
    page = "<p><img src='cid:cost' alt='Cost'></p>"
    pictures = (Picture("cost", b"\x89PNG\r\n", "Cost", "Bars"),)
    message = message_of(way, Letter("id", "Week", "Week\n", page, {}, {}, pictures))

    assert message.get_content_type() == "multipart/alternative"
    plain, related = message.iter_parts()
    html, picture = related.iter_parts()  # type: ignore[union-attr]
    assert plain.get_content_type() == "text/plain"
    assert related.get_content_type() == "multipart/related"
    assert html.get_content_type() == "text/html"
    assert picture["Content-ID"] == "<cost>"
    assert picture.get_content_disposition() == "inline"


ROUTES: list[tuple[dict[str, Any], dict[str, str], str]] = [
    ({"type": "slack", "url_variable": "A"}, {}, "A is not set"),
    (
        {"type": "webhook", "url_variable": "A", "secret_variable": "B"},
        {},
        "A and B are not set",
    ),
    (
        {"type": "slack", "url_variable": "A"},
        {"A": "http://hooks.example.com/secret"},
        "its URL must begin with https://: whoever reads it on the way can post there",
    ),
    (
        {"type": "webhook", "url_variable": "A", "secret_variable": "B"},
        {"A": "https://hooks.example.com/secret", "B": "whsec_c2VjcmV0"},
        "the webhook's secret must be whsec_ and 24 bytes or more in Base64:"
        ' echo "whsec_$(openssl rand -base64 32)"',
    ),
    (
        {"type": "mail", "server_variable": "A", "sender": "a@b", "to": ["c@d"]},
        {"A": "mail.example.com:secret"},
        "the mail server must be smtps://USER:PASSWORD@HOST:465 or smtp://USER:PASSWORD@HOST:587",
    ),
    (
        {"type": "mail", "server_variable": "A", "sender": "a@b", "to": ["c@d"]},
        {"A": "smtps://u:secret@mail.example.com:secret"},
        "the mail server must be smtps://USER:PASSWORD@HOST:465 or smtp://USER:PASSWORD@HOST:587",
    ),
    (
        {"type": "apprise", "url_variable": "A"},
        {"A": "nothing://secret"},
        "its URL is none that Apprise knows",
    ),
]


@pytest.mark.parametrize(("way", "values", "fault"), ROUTES)
def test_what_a_route_lacks_is_said_without_its_secret(
    way: dict[str, Any], values: dict[str, str], fault: str
) -> None:
    made = Alerts.model_validate({"routes": {"one": way}}).routes["one"]

    assert faults("one", made, values) == [f"route one: {fault}"]


@pytest.mark.parametrize(
    ("begin", "end", "hour", "waits"),
    [(22, 7, 23, True), (22, 7, 6, True), (22, 7, 7, False), (22, 7, 21, False), (1, 5, 4, True)],
)
def test_quiet_hours_are_of_the_zone_and_may_pass_midnight(
    begin: int, end: int, hour: int, waits: bool
) -> None:
    quiet = QuietHours(begin=f"{begin}:00", end=f"{end}:00", but_send=("critical",))  # type: ignore[arg-type]
    alerts = Alerts(time_zone="Asia/Tokyo", quiet_hours=quiet, routes={})
    # Nine hours before Tokyo, on the day before or not.
    now = datetime(2026, 11, 2, (hour - 9) % 24, 30, tzinfo=UTC)

    assert quiet.begin == time(begin)
    assert due.waits(alerts, now, "warning") == waits
    assert not due.waits(alerts, now, "critical")


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_leads_to_a_part_that_the_dashboard_has(name: str) -> None:
    kind = KINDS[name]

    assert kind.part in BY_ID[kind.page].parts
    assert re.fullmatch(r"(quality\.)?\w+\.\w+", kind.definition)


def test_a_link_names_each_filter() -> None:
    from alerts.facts import Source
    from dashboard.filters import Filters

    chosen = Filters(datetime(2026, 10, 1).date(), datetime(2026, 10, 7).date(), {"team": "all"})
    of = cast(Source, SimpleNamespace(chosen=chosen))
    link = Source.link(of, "https://d.example", "cost", "budget", "R&D #1")

    assert link == "https://d.example/cost?from=2026-10-01&to=2026-10-07&team=R%26D+%231#budget"
    assert Source.link(of, "", "cost") == ""
