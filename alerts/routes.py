"""Delivery: one message over one route, or an error that shows no secret."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import smtplib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx

from alerts.config import Mail, Service, Slack, Way, Webhook

_TIMEOUT = 10.0
_SECRET_PREFIX = "whsec_"
# As Standard Webhooks has it.
_SHORTEST_KEY = 24
_PORTS = {"smtp": 587, "smtps": 465}


class DeliveryError(Exception):
    """A message was not delivered; the text says why, and holds neither address nor secret."""


@dataclass(frozen=True)
class Picture:
    """A picture in a mail: ``name`` is what the HTML calls it, ``says`` stands in its place."""

    name: str
    png: bytes
    title: str
    says: str


@dataclass(frozen=True)
class Letter:
    """One message in all forms that routes need; ``id`` is the same when it is tried again."""

    id: str
    subject: str
    plain: str
    markup: str
    slack: Mapping[str, Any]
    data: Mapping[str, Any]
    pictures: Sequence[Picture] = ()


def faults(name: str, way: Way, values: Mapping[str, str]) -> list[str]:
    """Return what of a route's variables is missing or wrong, without any value."""
    missing = [one for one in way.variables if not values.get(one)]
    if missing:
        is_one = len(missing) == 1
        return [f"route {name}: {' and '.join(missing)} {'is' if is_one else 'are'} not set"]
    try:
        if isinstance(way, Mail):
            _server(values[way.server_variable])
        elif isinstance(way, Service):
            _service(values[way.url_variable])
        else:
            _checked_url(values[way.url_variable])
        if isinstance(way, Webhook):
            _key(values[way.secret_variable])
    except ValueError as error:
        return [f"route {name}: {error}"]
    return []


def deliver(name: str, way: Way, values: Mapping[str, str], letter: Letter, now: float) -> None:
    """Deliver one letter. ``values`` are of the variables that the route names.

    Raises:
        DeliveryError: it was not taken. It may be tried again.
    """
    if wrong := faults(name, way, values):
        raise DeliveryError(wrong[0])
    if isinstance(way, Mail):
        _mail(name, way, values[way.server_variable], letter)
    elif isinstance(way, Service):
        # Why not is told to no caller.
        if not _service(values[way.url_variable]).notify(letter.plain, title=letter.subject):
            raise DeliveryError(f"route {name}: the service did not take it")
    elif isinstance(way, Slack):
        _post(name, values[way.url_variable], json.dumps(letter.slack).encode(), {})
    else:
        body = json.dumps(letter.data, ensure_ascii=False, separators=(",", ":")).encode()
        headers = signed(values[way.secret_variable], letter.id, int(now), body)
        _post(name, values[way.url_variable], body, headers)


def signed(secret: str, identity: str, seconds: int, body: bytes) -> dict[str, str]:
    """Return the three headers of Standard Webhooks 1.0: HMAC-SHA256 of id, time and body."""
    # Of any text, one that a header takes and that shows nothing of it.
    name = f"msg_{hashlib.sha256(identity.encode()).hexdigest()[:32]}"
    text = f"{name}.{seconds}.".encode() + body
    digest = hmac.new(_key(secret), text, hashlib.sha256).digest()
    return {
        "webhook-id": name,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(_SECRET_PREFIX) or len(key) < _SHORTEST_KEY:
        raise ValueError(
            "the webhook's secret must be whsec_ and 24 bytes or more in Base64:"
            ' echo "whsec_$(openssl rand -base64 32)"'
        )
    return key


def _service(url: str) -> Any:
    try:
        import apprise
    except ImportError:
        raise ValueError("it needs pip install 'claude-usage[apprise]'") from None
    service = apprise.Apprise()
    if not service.add(url):
        raise ValueError("its URL is none that Apprise knows")
    return service


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return url
    if parts.scheme == "http" and _is_loopback(parts.hostname or ""):
        return url
    raise ValueError("its URL must begin with https://: whoever reads it on the way can post there")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _post(name: str, url: str, body: bytes, headers: Mapping[str, str]) -> None:
    kind = {"content-type": "application/json"}
    try:
        answer = httpx.post(url, content=body, headers={**kind, **headers}, timeout=_TIMEOUT)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DeliveryError(f"route {name}: cannot be reached ({type(error).__name__})") from None
    if not answer.is_success:
        raise DeliveryError(f"route {name}: answered {answer.status_code}")


@dataclass(frozen=True)
class _Server:
    host: str
    port: int
    is_tls: bool
    user: str
    password: str


def _server(url: str) -> _Server:
    form = "the mail server must be smtps://USER:PASSWORD@HOST:465 or smtp://USER:PASSWORD@HOST:587"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(form) from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(form)
    return _Server(
        parts.hostname,
        port or _PORTS[parts.scheme],
        parts.scheme == "smtps",
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


def _mail(name: str, way: Mail, url: str, letter: Letter) -> None:
    server, message = _server(url), message_of(way, letter)
    try:
        with _connected(server) as connection:
            if server.user:
                connection.login(server.user, server.password)
            refused = connection.send_message(message)
    except smtplib.SMTPResponseException as error:
        # The server's words can repeat what it was sent.
        raise DeliveryError(f"route {name}: the mail server answered {error.smtp_code}") from None
    except smtplib.SMTPRecipientsRefused as error:
        raise DeliveryError(
            f"route {name}: the mail server took none of {len(error.recipients)} addresses"
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryError(
            f"route {name}: the mail server cannot be used ({type(error).__name__})"
        ) from None
    if refused:
        raise DeliveryError(f"route {name}: the mail server refused {len(refused)} addresses")


def _connected(server: _Server) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.is_tls:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=_TIMEOUT, context=context)
    connection = smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT)
    try:
        connection.ehlo()
        if connection.has_extn("starttls"):
            connection.starttls(context=context)
        elif not _is_loopback(server.host):
            # Neither names nor a password in the clear.
            raise smtplib.SMTPNotSupportedError("no TLS")
    except BaseException:
        connection.close()
        raise
    return connection


def message_of(way: Mail, letter: Letter) -> EmailMessage:
    """Return a letter as a mail: plain text beside a page with its pictures in it."""
    message = EmailMessage()
    message["From"] = way.sender
    message["To"] = ", ".join(way.to)
    message["Subject"] = letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=way.sender.rpartition("@")[2])
    # Nobody's out-of-office answer is wanted.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.plain)
    message.add_alternative(
        f"<html><body style='font-family: sans-serif'>{letter.markup}</body></html>", subtype="html"
    )
    page = message.get_body(("html",))
    assert isinstance(page, EmailMessage)
    for one in letter.pictures:
        name = f"{one.name}.png"
        page.add_related(
            one.png, "image", "png", cid=f"<{one.name}>", filename=name, disposition="inline"
        )
    return message
