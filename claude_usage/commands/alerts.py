"""`claude-usage alerts`: what is sent, to whom, and sending it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich.markup import escape

from alerts import FILE_NAME, sending
from alerts.delivered import DeliveredError
from alerts.due import Notice
from alerts.sending import NothingToSend, Post, Sent
from alerts.words import Message, plain
from claude_usage.console import complain, out, say
from ingestion.errors import ConfigurationError
from ingestion.settings import Settings
from orchestration.alerting import post_of


def preview(settings: Settings) -> int:
    """Print what would be sent now and what waits, by route; send nothing; return 0."""
    post = post_of(settings)
    try:
        found = sending.preview(post, sending.utc_now())
    except (NothingToSend, DeliveredError) as error:
        raise ConfigurationError(str(error)) from error
    _show("would be sent now", found.due.now, found.words)
    _show("is held back until the quiet hours end", found.due.held, found.words)
    for team in found.unknown_teams:
        say(f"the published file knows no team {team!r}: nothing is sent")
    if not (found.due.now or found.due.held):
        say("nothing is new: what was sent already is not sent again")
    return 0


def _show(title: str, notices: Sequence[Notice], messages: Mapping[str, Message]) -> None:
    for route in dict.fromkeys(one.route for one in notices):
        out.print(f"[bold]{escape(route)}[/], {title}:")
        shown = [messages[one.id] for one in notices if one.route == route]
        out.print(escape(plain(shown)), soft_wrap=True)


def send(settings: Settings) -> int:
    """Send what is due; return 1 where a route did not take it, which is tried again, else 0."""
    return _tell(lambda post: sending.send(post, sending.utc_now()), settings)


def test(settings: Settings, route: str) -> int:
    """Send one message of a test over a route; return 1 where it was not taken, else 0.

    Raises:
        ConfigurationError: there is no such route.
    """
    post = post_of(settings)
    if route not in post.alerts.routes:
        known = ", ".join(post.alerts.routes)
        raise ConfigurationError(f"there is no route {route!r}; there are: {known}")
    return _conclude([sending.test(post, route, sending.utc_now())])


def digest(settings: Settings, team: str | None, *, is_preview: bool) -> int:
    """Send the digests of the last whole week, or print them; return as `send` does.

    Raises:
        ConfigurationError: no digest of the team is asked for.
    """
    post = post_of(settings)
    if team is not None and team not in post.alerts.digests.teams:
        known = ", ".join(post.alerts.digests.teams) or "none"
        raise ConfigurationError(
            f"{FILE_NAME} asks for no digest of team {team!r}; it does for: {known}"
        )
    if not is_preview:
        return _tell(lambda one: sending.send_digests(one, sending.utc_now(), team), settings)
    try:
        digests = sending.digests(post, sending.utc_now(), team)
    except (NothingToSend, DeliveredError) as error:
        raise ConfigurationError(str(error)) from error
    for (route, _), one in digests.items():
        pictures = ", ".join(picture.name for picture in one.letter.pictures) or "none"
        out.print(f"[bold]{escape(route)}[/], with pictures: {pictures}")
        out.print(escape(one.letter.plain), soft_wrap=True)
    if not digests:
        say("there is no whole week yet, or the file knows none of the teams")
    return 0


def _tell(how: Callable[[Post], list[Sent]], settings: Settings) -> int:
    try:
        return _conclude(how(post_of(settings)))
    except (NothingToSend, DeliveredError) as error:
        raise ConfigurationError(str(error)) from error


def _conclude(sent: Sequence[Sent]) -> int:
    for one in sent:
        if one.problem is None:
            say(f"sent to {one.route}: {one.title}")
        else:
            complain(one.problem)
    if not sent:
        say("nothing is new")
    return int(any(one.problem is not None for one in sent))
