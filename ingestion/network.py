"""The way to a host: does it stay on this machine, which proxy is on it, why it leads nowhere."""

from __future__ import annotations

import errno
import ipaddress
import socket
import ssl
from collections.abc import Iterator

import httpx
from httpx._utils import URLPattern, get_environment_proxies

# No connection was made, so nothing was asked: neither the key nor the request is at fault.
NO_CONNECTION = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)

_WHYS: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, "its certificate is not trusted ({})"),
    (ssl.SSLError, "no TLS connection could be made ({})"),
    (socket.gaierror, "its name is not known ({})"),
    (UnicodeError, "its name cannot be one ({})"),
    (ConnectionRefusedError, "it refuses the connection"),
    (httpx.ProxyError, "the proxy does not lead there ({})"),
    (httpx.ConnectTimeout, "it does not answer"),
)
_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL})


def is_loopback(host: str) -> bool:
    """Return whether a host's name, or its address as text, is certain to be this machine."""
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def proxy_for(url: str) -> str | None:
    """Return the proxy that the environment names for ``url``, as the HTTP library reads it."""
    proxies = {URLPattern(pattern): proxy for pattern, proxy in get_environment_proxies().items()}
    # The closest pattern first; one without a proxy is an exception of NO_PROXY.
    return next((proxies[one] for one in sorted(proxies) if one.matches(httpx.URL(url))), None)


def address(url: str) -> str:
    """Return scheme, host and port of ``url``: without a password, and short enough to show."""
    parsed = httpx.URL(url)
    return str(parsed.copy_with(username=None, password=None, path="/", query=None)).rstrip("/")


def unencrypted_way(url: str) -> str | None:
    """Return to which other machine a request to an ``http://`` URL goes, or None for this one.

    Through a proxy of another machine, this one's own address is also asked in the clear.
    """
    try:
        way = httpx.URL(proxy_for(url) or url)
    except httpx.InvalidURL:
        return url
    return None if is_loopback(way.host) else address(str(way))


def why_unreachable(error: BaseException) -> str:
    """Return in words why no connection was made."""
    causes = list(chain(error))
    for kind, words in _WHYS:
        for one in causes:
            if isinstance(one, kind):
                return words.format(one)
    if any(isinstance(one, OSError) and one.errno in _NO_ROUTE for one in causes):
        return "there is no route to it"
    return str(error) or type(error).__name__


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that led to it."""
    seen: set[int] = set()
    left = [error]
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        left += [cause for cause in (one.__cause__, one.__context__) if cause is not None]
        left += one.exceptions if isinstance(one, BaseExceptionGroup) else ()
