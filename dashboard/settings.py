"""Where the published file is and who may open the pages."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class DashboardSettings(BaseSettings):
    """Read from the environment; other addresses than loopback need a token or a proxy."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    publish_path: Path = Path("data/claude_usage.duckdb")
    dashboard_host: str = "127.0.0.1"
    dashboard_port: int = Field(default=8600, ge=0, le=65535)
    dashboard_token: SecretStr | None = None

    @model_validator(mode="after")
    def _is_safe(self) -> DashboardSettings:
        if self.dashboard_token is None and not is_loopback(self.dashboard_host):
            raise ValueError(
                f"DASHBOARD_HOST={self.dashboard_host} would open the pages to everybody who"
                " reaches it: set DASHBOARD_TOKEN, or leave the host at 127.0.0.1"
            )
        if self.dashboard_token and len(self.dashboard_token.get_secret_value()) < 16:
            raise ValueError("DASHBOARD_TOKEN needs at least 16 characters")
        return self


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches an address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
