"""Where the published file is and who may open the pages."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Network = IPv4Network | IPv6Network


class DashboardSettings(BaseSettings):
    """Read from the environment; other addresses than loopback need a token or a proxy."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    publish_path: Path = Path("data/claude_usage.duckdb")
    dashboard_host: str = "127.0.0.1"
    dashboard_port: int = Field(default=8600, ge=0, le=65535)
    dashboard_token: SecretStr | None = None
    # Addresses of the proxy that says who the user is; nobody else is answered.
    dashboard_trusted_proxy: Annotated[tuple[Network, ...], NoDecode] = ()
    dashboard_user_header: str = "X-Forwarded-Email"
    dashboard_groups_header: str = "X-Forwarded-Groups"
    dashboard_roles_path: Path | None = None

    @field_validator("dashboard_trusted_proxy", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(one.strip() for one in value.split(",") if one.strip())
        return value

    @model_validator(mode="after")
    def _is_safe(self) -> DashboardSettings:
        proxied = bool(self.dashboard_trusted_proxy)
        if not self.dashboard_token and not proxied and not is_loopback(self.dashboard_host):
            raise ValueError(
                f"DASHBOARD_HOST={self.dashboard_host} would open the pages to everybody who"
                " reaches it: set DASHBOARD_TOKEN or DASHBOARD_TRUSTED_PROXY, or leave the host at"
                " 127.0.0.1"
            )
        if self.dashboard_token and len(self.dashboard_token.get_secret_value()) < 16:
            raise ValueError("DASHBOARD_TOKEN needs at least 16 characters")
        if self.dashboard_token and proxied:
            raise ValueError(
                "set DASHBOARD_TOKEN or DASHBOARD_TRUSTED_PROXY, not both: a token shows all, which"
                " the roles behind a proxy may not"
            )
        if self.dashboard_roles_path and not proxied:
            raise ValueError(
                "DASHBOARD_ROLES_PATH needs DASHBOARD_TRUSTED_PROXY: without a proxy nobody is"
                " known by name"
            )
        return self


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches an address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
