"""Notices in words: plain text, Slack's text, HTML and JSON. What comes from outside is text."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alerts.due import Notice
from alerts.facts import KINDS, Source

_STATES = {"new": "", "grown": "More: ", "resolved": "Resolved: "}
# Line ends, what turns the direction of a line and what has no width: a name cannot make a line of
# its own, or look like another.
_NOT_IN_A_LINE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+"
)


@dataclass(frozen=True)
class Message:
    """A notice in words: a title of ours, lines of label and value, and a link or none."""

    title: str
    severity: str
    lines: tuple[tuple[str, str], ...]
    link: str


def message(of: Source, notice: Notice, dashboard_url: str) -> Message:
    """Return a notice with figures, driver, definition, time and link."""
    fact, kind = notice.fact, KINDS[notice.fact.kind]
    lines = [
        ("What", one_line(fact.what)),
        ("Figures", one_line(fact.why)),
        ("Driver", one_line(fact.driver or "")),
        ("Team", one_line(fact.team or "")),
        ("Day", fact.day.isoformat() if fact.day else ""),
        ("As of", f"{of.published_at:%Y-%m-%d %H:%M} UTC"),
        ("Definition", one_line(of.definition(kind.definition))),
    ]
    return Message(
        _STATES[notice.state] + kind.title,
        "" if notice.state == "resolved" else fact.severity,
        tuple((label, value) for label, value in lines if value),
        of.link(dashboard_url, kind.page, kind.part, fact.team),
    )


def one_line(text: str) -> str:
    """Return a text as one line without control characters."""
    return " ".join(_NOT_IN_A_LINE.sub(" ", text).split())


def subject(notices: Sequence[Message]) -> str:
    """Return the subject of a mail."""
    first = notices[0]
    what = dict(first.lines).get("What", "")
    more = f" and {len(notices) - 1} more" if len(notices) > 1 else ""
    grave = "[critical] " if any(one.severity == "critical" for one in notices) else ""
    # No header needs to be longer.
    return f"{grave}{first.title}{': ' if what else ''}{what}"[:180] + more


def plain(notices: Sequence[Message]) -> str:
    """Return notices as plain text."""
    return "\n\n".join(_plain(one) for one in notices) + "\n"


def _plain(one: Message) -> str:
    head = f"{one.title}{f' ({one.severity})' if one.severity else ''}"
    rows = [f"  {label + ':':<12}{value}" for label, value in one.lines]
    return "\n".join([head, *rows, *([f"  {one.link}"] if one.link else [])])


def slack(notices: Sequence[Message]) -> dict[str, Any]:
    """Return notices as Slack's webhooks and those like them take them.

    Values stand in a code block, where neither Slack nor Mattermost looks for links, mentions or
    formats; the three signs that Slack reads everywhere are escaped.
    """
    return {"text": "\n\n".join(_slack(one) for one in notices)}


def _slack(one: Message) -> str:
    rows = "\n".join(f"{label + ':':<12}{value}" for label, value in one.lines)
    block = slack_text(rows).replace("`", "'")
    head = f"*{one.title}*{f' ({one.severity})' if one.severity else ''}"
    return f"{head}\n```\n{block}\n```{f'{chr(10)}{slack_text(one.link)}' if one.link else ''}"


def slack_text(text: str) -> str:
    """Escape what Slack reads as an order: mentions, links and entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def markup(notices: Sequence[Message]) -> str:
    """Return notices as the body of a page for a mail."""
    return "".join(_markup(one) for one in notices)


def _markup(one: Message) -> str:
    rows = "".join(
        f"<tr><th align='left' valign='top'>{html.escape(label)}</th>"
        f"<td>{html.escape(value)}</td></tr>"
        for label, value in one.lines
    )
    grave = f" ({html.escape(one.severity)})" if one.severity else ""
    link = html.escape(one.link)
    shown = f"<p><a href='{link}'>Open the dashboard</a></p>" if one.link else ""
    return f"<h2>{html.escape(one.title)}{grave}</h2><table cellpadding='4'>{rows}</table>{shown}"


def data(of: Source, notice: Notice, one: Message) -> Mapping[str, Any]:
    """Return a notice as JSON for a webhook; `type` is what happened, `data` what of."""
    fact = notice.fact
    return {
        "type": f"alert.{notice.state}",
        "timestamp": f"{of.now:%Y-%m-%dT%H:%M:%SZ}",
        "data": {
            "alert": fact.kind,
            "id": notice.key,
            "severity": one.severity or None,
            "day": fact.day.isoformat() if fact.day else None,
            "team": fact.team,
            "what": one_line(fact.what),
            "figures": one_line(fact.why),
            "driver": fact.driver and one_line(fact.driver),
            "definition": dict(one.lines).get("Definition"),
            "as_of": f"{of.published_at:%Y-%m-%dT%H:%M:%SZ}",
            "link": one.link or None,
        },
    }
