"""A GitHub App of the demo organisation: its signature is checked, its tokens end."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jwt

from demo_api.text import instant

_LONGEST_SIGNATURE_SECONDS = 600


class Refused(Exception):
    """No token: the status and what GitHub says with it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass
class DemoApp:
    """One app with one installation. ``public_key`` is PEM text; the private half is the test's.

    ``lifetime_seconds`` is how long a token holds, an hour on GitHub.
    """

    app_id: str
    installation_id: str
    public_key: str
    lifetime_seconds: float = 3_600
    is_suspended: bool = False
    now: Callable[[], float] = time.time
    issued: list[str] = field(default_factory=list)
    _ends: dict[str, float] = field(default_factory=dict)

    def issue(self, installation_id: str, authorization: str) -> dict[str, Any]:
        """Return the answer with a new token.

        Raises:
            Refused: the signature, the app or the installation is wrong, or it is suspended.
        """
        self._check(authorization)
        if installation_id != self.installation_id:
            raise Refused(404, "Not Found")
        if self.is_suspended:
            raise Refused(403, "This installation has been suspended")
        ends_at = self.now() + self.lifetime_seconds
        token = self._token(len(self.issued))
        self.issued.append(token)
        self._ends[token] = ends_at
        return {
            "token": token,
            "expires_at": instant(datetime.fromtimestamp(ends_at, UTC)),
            "permissions": {"contents": "read", "metadata": "read", "pull_requests": "read"},
            "repository_selection": "all",
        }

    def holds(self, token: str) -> bool:
        """Say whether the token was issued and has not ended."""
        return not self.is_suspended and self.now() < self._ends.get(token, 0.0)

    def revoke_all(self) -> None:
        """End all tokens at once, as a new private key or a suspension does."""
        self._ends.clear()

    def _token(self, count: int) -> str:
        # The longer form of 2026: dots in it, and far more than 40 characters.
        body = base64.urlsafe_b64encode(json.dumps({"number": count}).encode()).decode()
        return f"ghs_{self.app_id}_eyJhbGciOiJIUzI1NiJ9.{body.rstrip('=')}.{'s' * 120}"

    def _check(self, authorization: str) -> None:
        scheme, _, signed = authorization.partition(" ")
        try:
            claims = jwt.decode(
                signed, self.public_key, algorithms=["RS256"], options={"verify_iat": False}
            )
        except jwt.ExpiredSignatureError:
            raise Refused(401, "'Expiration time' claim ('exp') is in the past") from None
        except jwt.InvalidTokenError:
            raise Refused(401, "A JSON web token could not be decoded") from None
        now = self.now()
        if scheme.lower() != "bearer" or claims.get("iat", 0) > now + 60:
            raise Refused(401, "'Issued at' claim ('iat') must be in the past")
        if claims.get("exp", 0) > now + _LONGEST_SIGNATURE_SECONDS:
            raise Refused(401, "'Expiration time' claim ('exp') is too far in the future")
        if str(claims.get("iss")) != self.app_id:
            raise Refused(404, "Integration not found")
