"""The only reader of environment variables."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingestion.errors import ConfigurationError


def _http_url(value: str) -> str:
    if not re.fullmatch(r"https?://[^/@?#\s]+(/[^?#\s]*)?", value):
        raise ValueError("must be an http(s) URL without a user name or a query in it")
    _ = urlsplit(value).port  # raises ValueError for what is no port
    return value.rstrip("/")


def _sendable(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\x21-\x7e]+", value.get_secret_value()):
        raise ValueError("holds a space, a line break or a letter that no key has: copy it again")
    return value


def _account(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][\w-]*", value):
        raise ValueError("must be the name alone, as it stands in github.com/NAME")
    return value


# What a header can carry.
Key = Annotated[SecretStr, AfterValidator(_sendable)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
Switch = Literal["on", "off", "true", "false", "yes", "no", "1", "0"]


class Settings(BaseSettings):
    """What a run needs to know, from environment variables of the same names in capitals.

    Empty variables count as unset. Keys are `SecretStr`: they print as stars.
    """

    # A URL with a password in it is refused, and must not be shown while doing so.
    model_config = SettingsConfigDict(
        env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    # An Admin key of a Console organisation, or an analytics key of an Enterprise organisation.
    anthropic_admin_key: Key | None = None
    # The Enterprise organisation's key where there is a Console organisation beside it.
    anthropic_analytics_key: Key | None = None
    anthropic_base_url: HttpUrl = "https://api.anthropic.com"
    github_token: Key | None = None
    # A GitHub App in the place of a token.
    github_app_id: str | None = None
    github_app_installation_id: str | None = None
    github_app_private_key: SecretStr | None = None
    github_api_url: HttpUrl = "https://api.github.com"
    github_graphql_url: HttpUrl | None = None
    github_org: Annotated[str, AfterValidator(_account)] | None = None
    github_repos: str | None = None
    warehouse_path: Path = Path("data/warehouse.duckdb")
    publish_path: Path = Path("data/claude_usage.duckdb")
    # A folder whose files replace the seeds of the same names.
    seeds_path: Path | None = None
    # What the published file may say of people, see publishing/README.md.
    privacy_level: Literal["named", "pseudonymous", "team"] = "named"
    # Makes the pseudonyms: the same key, the same pseudonyms.
    privacy_key: SecretStr | None = None
    # Level team: fewer people than this are nobody's business.
    privacy_min_people: int = Field(default=5, ge=2)
    # Read by dbt; here so that a word it would take for "off" is not.
    leaderboard: Annotated[Switch, BeforeValidator(str.lower)] = "off"

    @property
    def seeds_folder(self) -> Path | None:
        """The folder of SEEDS_PATH, which must be there: a wrong path would go unnoticed."""
        if self.seeds_path is not None and not self.seeds_path.is_dir():
            raise ConfigurationError(f"SEEDS_PATH: there is no folder {self.seeds_path}")
        return self.seeds_path.resolve() if self.seeds_path else None

    @property
    def graphql_url(self) -> str:
        """GitHub's GraphQL endpoint: as set, or where GitHub keeps it beside the REST root."""
        if self.github_graphql_url:
            return self.github_graphql_url
        # Enterprise Server: REST at /api/v3, GraphQL at /api/graphql.
        if self.github_api_url.endswith("/api/v3"):
            return self.github_api_url.removesuffix("/v3") + "/graphql"
        return self.github_api_url + "/graphql"

    @property
    def repositories(self) -> tuple[str, ...]:
        """`owner/name` entries of GITHUB_REPOS, separated by commas or white space."""
        names = tuple(dict.fromkeys(re.split(r"[,\s]+", (self.github_repos or "").strip())))
        wrong = [name for name in names if name and not re.fullmatch(r"[\w.-]+/[\w.-]+", name)]
        if wrong:
            raise ConfigurationError(
                f"GITHUB_REPOS: {', '.join(wrong)} is not of the form owner/name."
                " Separate entries with commas."
            )
        return tuple(name for name in names if name)

    @property
    def console_key(self) -> SecretStr | None:
        """The Admin key of a Console organisation, `sk-ant-admin…`."""
        key = self.anthropic_admin_key
        return None if key is None or _is_enterprise(key) else key

    @property
    def enterprise_key(self) -> SecretStr | None:
        """The analytics key of an Enterprise organisation, `sk-ant-api01-…`."""
        key = self.anthropic_admin_key
        if key is not None and _is_enterprise(key):
            return key
        return self.anthropic_analytics_key

    @property
    def has_anthropic(self) -> bool:
        return self.console_key is not None or self.enterprise_key is not None

    @property
    def has_github_app(self) -> bool:
        return None not in self._github_app

    @property
    def has_github(self) -> bool:
        # Also when an app is set by half: loading says what is missing.
        has_credential = self.github_token is not None or any(self._github_app)
        return has_credential and bool(self.github_org or self.repositories)

    @property
    def _github_app(self) -> tuple[str | SecretStr | None, ...]:
        return (
            self.github_app_id,
            self.github_app_installation_id,
            self.github_app_private_key,
        )


def _is_enterprise(key: SecretStr) -> bool:
    # Inference keys begin with sk-ant-api03 and are refused by every endpoint used here.
    return key.get_secret_value().startswith("sk-ant-api01-")
