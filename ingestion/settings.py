"""The only reader of environment variables."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit
from urllib.request import getproxies_environment

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingestion.anthropic.kinds import FIRST_ANALYTICS_DAY
from ingestion.errors import ConfigurationError
from ingestion.hashing import MINIMUM_SALT
from ingestion.secrets import remember
from ingestion.windows import today


def _http_url(value: str) -> str:
    if not re.fullmatch(r"https?://[^/@?#\s]+(/[^?#\s]*)?", value):
        raise ValueError("must be an http(s) URL without a user name or a query in it")
    _ = urlsplit(value).port  # raises ValueError for what is no port
    return value.rstrip("/")


def _past_day(value: date) -> date:
    if value >= today():
        raise ValueError("must be a day before today, as YYYY-MM-DD")
    return value


def _file_mode(value: object) -> object:
    if not isinstance(value, str):
        return value
    # The owner reads and nobody executes.
    if not re.fullmatch(r"0?[46][0246][0246]", value):
        raise ValueError("must be an octal mode of a file, such as 0640")
    return int(value, 8)


FileMode = Annotated[int, BeforeValidator(_file_mode)]


def _sendable(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\x21-\x7e]+", value.get_secret_value()):
        raise ValueError("holds a space, a line break or a letter that no key has: copy it again")
    return value


def _salt(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < MINIMUM_SALT:
        raise ValueError(f"must have {MINIMUM_SALT} characters or more: openssl rand -hex 32")
    return value


def _database_url(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    if not re.fullmatch(r"postgres(ql)?://\S+", url):
        raise ValueError("must be of the form postgresql://USER:PASSWORD@HOST:PORT/DATABASE")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        # What is wrong would be shown with the password.
        raise ValueError("has a port that is none, or a password to be percent-encoded") from None
    if _is_readable_on_the_way(parts.hostname or "", parse_qs(parts.query)):
        raise ValueError(
            "leads to another machine without TLS, for anyone on the way to read. Add"
            " ?sslmode=verify-full, or ?sslmode=require where the certificate is one of its own"
        )
    return value


def _is_readable_on_the_way(host: str, query: dict[str, list[str]]) -> bool:
    # With the library that asks hosts, which takes a while to import and is rarely needed here.
    from ingestion.network import is_loopback

    is_encrypted = query.get("sslmode", [""])[-1] in ("require", "verify-ca", "verify-full")
    return not is_encrypted and not is_loopback(host)


def _attribute(value: str) -> str:
    personal = ("user.email", "user.id", "user.account_uuid", "user.account_id")
    if not re.fullmatch(r"[A-Za-z][\w.-]{0,99}", value) or value in personal:
        raise ValueError("must be the name of a resource attribute that is not a person's")
    return value


def _account(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][\w-]*", value):
        raise ValueError("must be the name alone, as it stands in github.com/NAME")
    return value


def _namespace(value: str) -> str:
    name = value.strip().removesuffix(":")
    if not re.fullmatch(r"[\w.-]{1,64}", name) or name.lower() == "user-agent":
        raise ValueError("must be what stands before the colon of a tag, such as cost-center")
    return name


def _prom_file(value: Path) -> Path:
    if value.suffix != ".prom":
        raise ValueError("must end in .prom: a textfile collector reads no other file")
    return value


def _headers(value: SecretStr) -> SecretStr:
    pair = r"[\w-]+=[\x21-\x2b\x2d-\x7e]+"
    if not re.fullmatch(f"{pair}(,{pair})*", value.get_secret_value()):
        raise ValueError("must be of the form NAME=VALUE,NAME=VALUE with %20 for a space")
    return value


# What a header can carry.
Key = Annotated[SecretStr, AfterValidator(_sendable)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
AttributeName = Annotated[str, AfterValidator(_attribute)]
Switch = Literal["on", "off", "true", "false", "yes", "no", "1", "0"]
# What is so long is no word of a path or header.
_LONG = 16
# What a `Switch` is when it is on.
ON = frozenset({"on", "true", "yes", "1"})


class Settings(BaseSettings):
    """What a run needs to know, from environment variables of the same names in capitals.

    Empty variables count as unset. Keys are `SecretStr`: they print as stars, and are kept out of
    all that is shown (see `ingestion/secrets.py`).
    """

    # A URL with a password in it is refused, and must not be shown while doing so.
    model_config = SettingsConfigDict(
        env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    # Whether keys may go to other machines without TLS. Before what depends on it.
    allow_plain_http: bool = False
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
    # A LiteLLM gateway: its database, or the URL of the proxy and a key of an admin.
    litellm_database_url: Annotated[SecretStr, AfterValidator(_database_url)] | None = None
    litellm_api_key: Key | None = None
    litellm_base_url: HttpUrl | None = None
    # The one namespace of tags that is kept, `cost-center` of `cost-center:cc-7`.
    litellm_tag_namespace: Annotated[str, AfterValidator(_namespace)] | None = None
    warehouse_path: Path = Path("data/warehouse.duckdb")
    publish_path: Path = Path("data/claude_usage.duckdb")
    # The first day that reports can be read for. A fixed day, so that partitions stay where they
    # are: the first that all reports can be asked for.
    history_start: Annotated[date, AfterValidator(_past_day)] = FIRST_ANALYTICS_DAY
    # Who may read the published file, as octal text: by default everybody below level named.
    publish_mode: FileMode | None = None
    # A folder whose files replace the seeds of the same names.
    seeds_path: Path | None = None
    # What the published file may say of people, see publishing/README.md.
    privacy_level: Literal["named", "pseudonymous", "team"] = "named"
    # Makes the pseudonyms: the same key, the same pseudonyms.
    privacy_key: SecretStr | None = None
    # Hashes addresses and machines in what machines send: the same on them and here.
    identity_salt: Annotated[SecretStr, AfterValidator(_salt)] | None = None
    # Where `otlp-serve` leaves what it kept, and where files of a collector may lie.
    telemetry_path: Path | None = None
    # The resource attributes in which an organisation names a machine's team and cost centre.
    telemetry_team_attribute: AttributeName = "team.id"
    telemetry_cost_center_attribute: AttributeName = "cost_center"
    # Agents, skills, MCP servers and tools of the organisation that may be named.
    telemetry_names: str | None = None
    otlp_host: str = "127.0.0.1"
    otlp_port: int = Field(default=4318, ge=0, le=65_535)
    # What senders show; needed where others than this machine can reach the receiver.
    otlp_token: Key | None = None
    # The longest message, as sent and inflated.
    otlp_max_megabytes: int = Field(default=16, ge=1, le=256)
    # claude-usage local: where Claude Code keeps its files, where what was read of them is kept,
    # and what exports say of this machine.
    claude_config_dir: str | None = None
    local_folder: Path = Path("~/.cache/claude-usage")
    local_email: SecretStr | None = None
    local_billing_basis: Literal["api", "subscription", "gateway"] | None = None
    local_projects: Annotated[Switch, BeforeValidator(str.lower)] = "off"
    # Opens the receiver to which exports are sent.
    local_token: Key | None = None
    # Where exports of the organisation's machines lie: the source `local`.
    local_exports_path: Path | None = None
    # After each publish: all tables as Parquet, for readers without DuckDB (docs/exports.md).
    export_path: Path | None = None
    # After each publish: the gauges as a text file, and to an OTLP receiver (docs/monitoring.md).
    metrics_path: Annotated[Path, AfterValidator(_prom_file)] | None = None
    # As OpenTelemetry writes headers: name=value with commas, percent-encoded.
    metrics_otlp_headers: Annotated[SecretStr, AfterValidator(_headers)] | None = None
    metrics_otlp_endpoint: HttpUrl | None = None
    # Whether alerts.yml of SEEDS_PATH is acted on after each publish (docs/alerts.md).
    alerts: Annotated[Switch, BeforeValidator(str.lower)] = "off"
    # Where people open the dashboard: the beginning of links in alerts.
    dashboard_url: HttpUrl | None = None
    # Level team: fewer people than this are nobody's business.
    privacy_min_people: int = Field(default=5, ge=2)
    # Read by dbt; here so that a word it would take for "off" is not.
    leaderboard: Annotated[Switch, BeforeValidator(str.lower)] = "off"

    @field_validator(
        "anthropic_base_url",
        "github_api_url",
        "github_graphql_url",
        "litellm_base_url",
        "metrics_otlp_endpoint",
    )
    @classmethod
    def _is_private(cls, url: str | None, info: ValidationInfo) -> str | None:
        """Refuse an address at which a key would be read by anyone on the way."""
        source = str(info.field_name).partition("_")[0]
        has_key = any(
            isinstance(value, SecretStr) and name.startswith(source)
            for name, value in info.data.items()
        )
        if url and has_key and not info.data.get("allow_plain_http") and (way := _in_clear(url)):
            raise ValueError(
                f"the key would go to {way} in the clear, for anyone on the way to read. Use"
                " https://, or set ALLOW_PLAIN_HTTP=1 where the network is trusted"
            )
        return url

    def model_post_init(self, _: Any) -> None:
        values = (getattr(self, name) for name in type(self).model_fields)
        remember(*(value.get_secret_value() for value in values if isinstance(value, SecretStr)))
        if self.litellm_database_url is not None:
            # Errors of the driver hold parts of it.
            password = urlsplit(self.litellm_database_url.get_secret_value()).password
            remember(password, unquote(password or ""))
        if self.metrics_otlp_headers is not None:
            pairs = self.metrics_otlp_headers.get_secret_value().split(",")
            shown = [unquote(one.partition("=")[2]) for one in pairs]
            # With what stands before it, as Bearer, and alone. What is short is no key.
            alone = [one.split()[-1] for one in shown if one.strip()]
            remember(*(one for one in (*shown, *alone) if len(one) >= _LONG))
        # Passwords of proxies.
        remember(*(urlsplit(proxy).password for proxy in getproxies_environment().values()))

    @property
    def delivered_path(self) -> Path:
        """Where it is kept what was told by alerts, beside the warehouse."""
        return self.warehouse_path.with_name("alerts.delivered.json")

    @property
    def hosts(self) -> dict[str, str]:
        """URLs that are sent a credential, by the variable that sets them."""
        found = {}
        if self.has_anthropic:
            found["ANTHROPIC_BASE_URL"] = self.anthropic_base_url
        if self.github_token is not None or any(self._github_app):
            found["GITHUB_API_URL"] = self.github_api_url
            if self.github_graphql_url:
                found["GITHUB_GRAPHQL_URL"] = self.github_graphql_url
        if self.litellm_api_key is not None and self.litellm_base_url:
            found["LITELLM_BASE_URL"] = self.litellm_base_url
        if self.metrics_otlp_headers is not None and self.metrics_otlp_endpoint:
            found["METRICS_OTLP_ENDPOINT"] = self.metrics_otlp_endpoint
        return found

    @property
    def plain_http(self) -> dict[str, str]:
        """Where a key leaves this machine in the clear, by the variable that sets the address."""
        ways = {name: _in_clear(url) for name, url in self.hosts.items()}
        return {name: way for name, way in ways.items() if way}

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
    def telemetry_known_names(self) -> frozenset[str]:
        """The names of TELEMETRY_NAMES, separated by commas."""
        return frozenset(filter(None, map(str.strip, (self.telemetry_names or "").split(","))))

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
    def has_litellm(self) -> bool:
        # Also when the API is set by half: loading says what is missing.
        return self.litellm_database_url is not None or self.litellm_api_key is not None

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


def _in_clear(url: str) -> str | None:
    if not url.startswith("http://"):
        return None
    # With the library that asks hosts, which takes a while to import and is rarely needed here.
    from ingestion.network import unencrypted_way

    return unencrypted_way(url)


def named_secrets(names: Iterable[str]) -> dict[str, str]:
    """Return what the environment has of these names; what is secret of it is not shown again."""
    found = {name: os.environ[name].strip() for name in names if os.environ.get(name, "").strip()}
    remember(*(part for value in found.values() for part in _secret_parts(value)))
    return found


def _secret_parts(value: str) -> Iterator[str]:
    """Yield what of a value must not be shown: all of it, or of a URL the password and the path.

    The host is no secret, and would be masked in other addresses too.
    """
    scheme, separator, rest = value.partition("://")
    if not separator:
        yield value
        return
    place = re.split(r"[/?#]", rest, maxsplit=1)
    login, _, host = place[0].rpartition("@")
    path = rest.removeprefix(place[0])
    password = login.partition(":")[2]
    yield from (password, unquote(password), path)
    # Programs show parts of it.
    yield from (one for one in re.split(r"[/?&=#]", path) if len(one) >= _LONG)
    if scheme not in ("http", "https", "smtp", "smtps"):
        # Of a service's URL, what stands where others have the host may be a token.
        yield from (one for one in (login, host) if "." not in one and one != "localhost")
