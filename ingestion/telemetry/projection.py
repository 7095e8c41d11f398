"""From records as they came to rows that may be kept: a whitelist, and hashes of who it was.

Prompts, answers, inputs, commands, paths, addresses and errors are left out even where a user
switched them on: nothing here reads them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

import msgspec

from ingestion.hashing import identity_hash
from ingestion.settings import Settings
from ingestion.telemetry import values
from ingestion.telemetry.otlp import Attributes, Log, MetricPoint, Record, Scalar
from ingestion.telemetry.rows import Event, Point, Row

# Of metrics; the program's own reckoning of tokens and cost is kept to be held against the events.
METRICS = frozenset(
    {"session.count", "token.usage", "cost.usage", "lines_of_code.count", "commit.count"}
    | {"pull_request.count", "code_edit_tool.decision", "active_time.total"}
)
# Of people: no part of the key of a point, so that it can be worked out without the salt.
_PERSONAL = frozenset({"user.email", "user.account_uuid", "user.account_id", "organization.id"})
# As long as a device's hash: nobody can try out what it was made of.
_RANDOM = re.compile(r"[0-9A-Za-z-]{32,128}")
_FIRST_TIME, _LAST_TIME = 1_577_836_800 * 10**9, 4_102_444_800 * 10**9
_PREFIX = "claude_code."


@dataclass
class Counts:
    """What became of records.

    ``foreign`` are of other programs or signals, or have no time. ``addresses`` were left out as
    there is no salt to hash them with.
    """

    records: int = 0
    foreign: int = 0
    addresses: int = 0


class Projector:
    """Turns records into rows, by the settings of an organisation."""

    def __init__(
        self,
        *,
        salt: str | None,
        team_attribute: str,
        cost_center_attribute: str,
        names: Collection[str] = (),
    ) -> None:
        self._salt = salt
        self._team, self._cost_center = team_attribute, cost_center_attribute
        self._names = frozenset(names)
        # The same few people and machines stand in all records.
        self._origin = lru_cache(1 << 16)(self._clean_origin)

    @classmethod
    def of(cls, settings: Settings) -> Projector:
        salt = settings.identity_salt
        return cls(
            salt=salt.get_secret_value() if salt else None,
            team_attribute=settings.telemetry_team_attribute,
            cost_center_attribute=settings.telemetry_cost_center_attribute,
            names=settings.telemetry_known_names,
        )

    def rows(self, records: Iterable[Record], counts: Counts) -> list[Row]:
        """Return the rows of records, and add to ``counts`` what became of them."""
        rows: list[Row] = []
        for record in records:
            row = self._event(record) if isinstance(record, Log) else self._point(record)
            if row is None:
                counts.foreign += 1
                continue
            rows.append(row)
            if self._salt is None and "user.email" in record.attributes:
                counts.addresses += 1
        counts.records += len(rows)
        return rows

    def _event(self, record: Log) -> Event | None:
        attributes = record.attributes
        time = record.time or _instant(attributes.get("event.timestamp"))
        if not (_FIRST_TIME < time < _LAST_TIME and _is_ours(record, record.body)):
            return None
        name = values.event_name(attributes.get("event.name") or record.body)
        event = Event(
            name,
            time,
            event_sequence=values.whole(attributes.get("event.sequence")),
            prompt_id=values.identifier(attributes.get("prompt.id")),
            **self._origin(*self._said_of_origin(record)),
        )
        if name in _DETAILS:
            self._add_details(event, attributes)
        return event

    def _add_details(self, event: Event, attributes: Attributes) -> None:
        """Add what is kept of events that tell of requests, tools and compactions."""
        event.request_id = values.identifier(attributes.get("request_id"))
        event.duration_ms = values.whole(attributes.get("duration_ms"))
        event.provider = values.word(attributes.get("anthropic.provider"))
        event.has_custom_base_url = values.truth(attributes.get("anthropic.custom_base_url"))
        event.terminal_type = values.word(attributes.get("terminal.type"))
        event.entrypoint = values.word(attributes.get("app.entrypoint"))
        if event.event_name == "api_request":
            self._add_request(event, attributes)
        elif event.event_name == "compaction":
            event.pre_tokens = values.whole(attributes.get("pre_tokens"))
            event.post_tokens = values.whole(attributes.get("post_tokens"))
            event.is_success = values.truth(attributes.get("success"))
        else:
            self._add_tool(event, attributes)

    def _add_request(self, event: Event, attributes: Attributes) -> None:
        event.model = values.model(attributes.get("model"))
        event.query_source = values.query_source(attributes.get("query_source"))
        event.agent_name = self._name(attributes.get("agent.name"), values.BUILT_IN_AGENTS)
        event.skill_name = self._name(attributes.get("skill.name"), values.BUILT_IN_SKILLS)
        event.mcp_server_name = self._name(
            attributes.get("mcp_server.name"), values.BUILT_IN_SERVERS
        )
        event.speed = values.word(attributes.get("speed"))
        event.input_tokens = values.whole(attributes.get("input_tokens"))
        event.output_tokens = values.whole(attributes.get("output_tokens"))
        event.cache_read_tokens = values.whole(attributes.get("cache_read_tokens"))
        event.cache_creation_tokens = values.whole(attributes.get("cache_creation_tokens"))
        event.cache_creation_5m_tokens = values.whole(attributes.get("cache_creation_5m_tokens"))
        event.cache_creation_1h_tokens = values.whole(attributes.get("cache_creation_1h_tokens"))
        event.cost_usd = values.decimal(attributes.get("cost_usd"))
        event.cost_usd_micros = values.whole(attributes.get("cost_usd_micros"))
        event.ttft_ms = values.whole(attributes.get("ttft_ms"))

    def _add_tool(self, event: Event, attributes: Attributes) -> None:
        event.tool_use_id = values.identifier(attributes.get("tool_use_id"))
        event.tool_name = self._name(attributes.get("tool_name"), values.BUILT_IN_TOOLS)
        event.tool_source = values.word(attributes.get("tool_source"))
        event.decision = values.word(attributes.get("decision") or attributes.get("decision_type"))
        event.decision_source = values.word(
            attributes.get("source") or attributes.get("decision_source")
        )
        event.is_success = values.truth(attributes.get("success"))
        event.tool_input_bytes = values.whole(attributes.get("tool_input_size_bytes"))
        event.tool_result_bytes = values.whole(attributes.get("tool_result_size_bytes"))

    def _point(self, record: MetricPoint) -> Point | None:
        attributes, value = record.attributes, values.number(record.value)
        is_timed = _FIRST_TIME < record.time < _LAST_TIME
        if value is None or not (is_timed and _is_ours(record, record.name)):
            return None
        name = record.name.removeprefix(_PREFIX)
        series = [record.name, record.is_cumulative, _key(record.resource), _key(attributes)]
        return Point(
            name if name in METRICS else "other",
            record.time,
            record.start,
            _canonical(value),
            point_key=_digest([*series, record.start, record.time, value]),
            series_key=_digest(series),
            is_cumulative=record.is_cumulative,
            **self._origin(*self._said_of_origin(record)),
            terminal_type=values.word(attributes.get("terminal.type")),
            point_type=values.word(attributes.get("type")),
            start_type=values.word(attributes.get("start_type")),
            model=values.model(attributes.get("model")),
            tool_name=self._name(attributes.get("tool_name"), values.BUILT_IN_TOOLS),
            decision=values.word(attributes.get("decision")),
            decision_source=values.word(attributes.get("source")),
        )

    def _said_of_origin(self, record: Record) -> tuple[Scalar, ...]:
        """Return what a record says of where it comes from, or else its resource."""
        attributes, resource = record.attributes, record.resource
        return tuple(
            attributes[name] if name in attributes else resource.get(name)
            for name in (*_ORIGIN, self._team, self._cost_center)
        )

    def _clean_origin(
        self,
        session: Scalar,
        machine: Scalar,
        address: Scalar,
        account: Scalar,
        account_id: Scalar,
        organization: Scalar,
        app_version: Scalar,
        service_version: Scalar,
        team: Scalar,
        cost_center: Scalar,
    ) -> dict[str, Any]:
        return {
            "session_id": values.identifier(session),
            "machine_key": self._hash_of_random(machine),
            "identity_hash": self._hash(address),
            "account_key": self._hash_of_random(account or account_id),
            "organization_key": self._hash_of_random(organization),
            "client_version": values.version(app_version or service_version),
            "team": values.label(team),
            "cost_center": values.label(cost_center),
        }

    def _name(self, value: Scalar, built_in: Collection[str]) -> str | None:
        """Return a name that comes with Claude Code or that the settings know, else `custom`."""
        if not isinstance(value, str) or not value:
            return None
        return value if value in built_in or value in self._names else values.CUSTOM

    def _hash(self, value: Scalar) -> str | None:
        if self._salt is None or not isinstance(value, str) or not value.strip():
            return None
        return identity_hash(value, self._salt)

    def _hash_of_random(self, value: Scalar) -> str | None:
        if self._salt is not None:
            return self._hash(value)
        if not isinstance(value, str) or not _RANDOM.fullmatch(value):
            return None
        return sha256(value.encode()).hexdigest()[:32]


# In the order in which `_clean_origin` takes them.
_ORIGIN = (
    "session.id",
    "user.id",
    "user.email",
    "user.account_uuid",
    "user.account_id",
    "organization.id",
    "app.version",
    "service.version",
)
_DETAILS = frozenset({"api_request", "tool_decision", "tool_result", "compaction"})


def _is_ours(record: Record, name: str) -> bool:
    return (
        name.startswith(_PREFIX)
        or record.scope.startswith("com.anthropic.claude_code")
        or record.resource.get("service.name") == "claude-code"
    )


def _instant(value: Scalar) -> int:
    """Return the nanoseconds of an ISO time, 0 for what is none."""
    try:
        then = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return 0
    if then is None or then.tzinfo is None:
        return 0
    return int(then.timestamp() * 1_000_000) * 1_000


def _key(attributes: Attributes) -> list[tuple[str, str]]:
    """Return attributes the same from whatever encoding and in whatever order."""
    return sorted(
        (name, _canonical(value)) for name, value in attributes.items() if name not in _PERSONAL
    )


def _canonical(value: Scalar) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _digest(parts: Sequence[object]) -> str:
    return sha256(msgspec.json.encode(parts)).hexdigest()[:32]
