"""One pass: read the file, see what is due, deliver it, and note what was delivered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from alerts import delivered, words
from alerts.config import Alerts, Webhook
from alerts.digest import Digest, digest, teams
from alerts.due import Due, Notice, due
from alerts.facts import Source, source
from alerts.routes import DeliveryError, Letter, deliver
from dashboard.store import NoFile, Store, TooSlow


class NothingToSend(Exception):
    """There is no published file, no day in it, or it takes too long; the text says which."""


@dataclass(frozen=True)
class Sent:
    """What became of one letter: ``problem`` is None where it was delivered."""

    route: str
    title: str
    problem: str | None


@dataclass(frozen=True)
class Post:
    """What letters need beside their words: routes, their secrets, what was sent, and a link.

    ``values`` are environment variables that the routes name; ``delivered_path`` is the file that
    keeps what was delivered.
    """

    alerts: Alerts
    values: Mapping[str, str]
    publish_path: Path
    delivered_path: Path
    dashboard_url: str = ""


@contextmanager
def _reading(post: Post, now: datetime) -> Iterator[Source]:
    store = Store(post.publish_path)
    try:
        with store.reading() as generation:
            found = source(generation, now)
            if found is None:
                raise NothingToSend("the published file has no day yet: run claude-usage run")
            yield found
    except (NoFile, TooSlow) as error:
        raise NothingToSend(str(error)) from error
    finally:
        store.close()


@dataclass(frozen=True)
class Preview:
    """What would be sent now, each notice in words by its id, and teams that the file lacks."""

    due: Due
    words: Mapping[str, words.Message]
    unknown_teams: tuple[str, ...]


def preview(post: Post, now: datetime) -> Preview:
    """Return what would be sent now; sends and notes nothing.

    Raises:
        NothingToSend: there is no published file, or no day in it.
        DeliveredError: the file of what was delivered is no such file.
    """
    with _reading(post, now) as of:
        found = due(of, post.alerts, delivered.read(post.delivered_path))
        asked = {team for rule in post.alerts.rules for team in rule.teams}
        asked |= set(post.alerts.digests.teams)
        return Preview(
            found,
            {
                one.id: words.message(of, one, post.dashboard_url)
                for one in (*found.now, *found.held)
            },
            tuple(sorted(asked - teams(of))),
        )


def send(post: Post, now: datetime) -> list[Sent]:
    """Deliver what is due and note what was delivered; what was not is due again.

    Raises:
        NothingToSend, DeliveredError: as `preview`.
    """
    sent: list[Sent] = []
    with delivered.opened(post.delivered_path) as known, _reading(post, now) as of:
        found = due(of, post.alerts, known)
        by_route = groupby(sorted(found.now, key=lambda one: one.route), lambda one: one.route)
        for route, notices in by_route:
            for batch in _batches(post, route, list(notices)):
                letter = _letter(of, batch, post.dashboard_url)
                sent.append(_delivered(post, route, letter, now))
                if sent[-1].problem is None:
                    known.note(route, {one.key: one.grade for one in batch})
                    # At once: what is sent must not be sent again after a kill.
                    delivered.save(post.delivered_path, known)
        for route, key in found.dropped:
            known.note(route, {key: None})
        delivered.save(post.delivered_path, known)
    return sent


def _batches(post: Post, route: str, notices: list[Notice]) -> Iterator[list[Notice]]:
    """Yield what goes into one letter: all at once for people, one by one for programs."""
    if isinstance(post.alerts.routes[route], Webhook):
        yield from ([one] for one in notices)
    else:
        # More would be cut off in a chat.
        yield from (notices[place : place + 10] for place in range(0, len(notices), 10))


def _letter(of: Source, notices: Sequence[Notice], dashboard_url: str) -> Letter:
    messages = [words.message(of, one, dashboard_url) for one in notices]
    return Letter(
        # A retry has the same, and what comes back later another.
        "\n".join([*(one.id for one in notices), of.published_at.isoformat()]),
        words.subject(messages),
        words.plain(messages),
        words.markup(messages),
        words.slack(messages),
        words.data(of, notices[0], messages[0]),
    )


def _delivered(post: Post, route: str, letter: Letter, now: datetime) -> Sent:
    try:
        deliver(route, post.alerts.routes[route], post.values, letter, now.timestamp())
    except DeliveryError as error:
        return Sent(route, letter.subject, str(error))
    return Sent(route, letter.subject, None)


def test(post: Post, route: str, now: datetime) -> Sent:
    """Send one message that says it is a test; notes nothing."""
    text = f"A test of route {route} by claude-usage. Nothing is wrong."
    letter = Letter(
        f"test|{route}|{now.isoformat()}",
        f"Test of route {route}",
        f"{text}\n",
        f"<p>{text}</p>",
        {"text": text},
        {"type": "alert.test", "timestamp": f"{now:%Y-%m-%dT%H:%M:%SZ}", "data": {"text": text}},
    )
    return _delivered(post, route, letter, now)


def digests(post: Post, now: datetime, team: str | None = None) -> dict[tuple[str, str], Digest]:
    """Return the digests of the last whole week by route and key, of one team or of all.

    A team that the file does not know has none.

    Raises:
        NothingToSend: as `preview`.
    """
    wanted = post.alerts.digests
    to: dict[str | None, Sequence[str]] = {}
    if team is None:
        to = {None: wanted.leaders}
        to.update(wanted.teams.items())
    else:
        to[team] = wanted.teams.get(team, ())
    with _reading(post, now) as of:
        made = {
            one: digest(of, one, post.dashboard_url)
            for one in to
            if one is None or one in teams(of)
        }
    return {
        (route, one.key): one
        for of_whom, one in made.items()
        if one is not None
        for route in to[of_whom]
    }


def send_digests(post: Post, now: datetime, team: str | None = None) -> list[Sent]:
    """Send each digest once a week to each route; one that failed is sent by the next call."""
    sent = []
    with delivered.opened(post.delivered_path) as known:
        for (route, key), one in digests(post, now, team).items():
            if known.grade(route, key) is not None:
                continue
            sent.append(_delivered(post, route, one.letter, now))
            if sent[-1].problem is None:
                known.note(route, {key: 0})
                delivered.save(post.delivered_path, known)
    return sent


def utc_now() -> datetime:
    """Return the moment as of which is told."""
    return datetime.now(UTC)
