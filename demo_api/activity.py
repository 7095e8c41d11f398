"""What the invented people did with Claude Code, day by day, and the model usage it caused.

Records and usage rows are plain values; their JSON is the API module's business.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date

from demo_api.people import ApiKey, Person
from demo_api.prices import PRICES, UNKNOWN_MODEL, list_cents, whole_cents

# Sundays on which nobody and nothing used the API: both reports answer with nothing.
EMPTY_DAYS = (date(2026, 8, 16), date(2026, 9, 27))
UNKNOWN_TOOL = "browser_tool"
UNKNOWN_TOOL_SINCE = date(2026, 10, 5)
UNKNOWN_MODEL_DAYS = (date(2026, 10, 12), date(2026, 10, 13), date(2026, 10, 14))
UNKNOWN_FIELD = ("effort_level", "high")
UNKNOWN_FIELD_SINCE = date(2026, 10, 26)
LEAVING_DAY = date(2026, 9, 15)


@dataclass
class ModelUse:
    """Tokens of one model within one record; ``estimated_cents`` is a whole number."""

    model: str
    input: int
    output: int
    cache_read: int
    cache_creation: int
    estimated_cents: int


@dataclass
class ClaudeCodeRecord:
    """One record of the Claude Code report: an actor, a terminal, a place, a day.

    ``person_email`` is the truth about whose work it was (canonical address), null where the API
    does not tell; ``actor`` is what the API says: an address or a key name.
    """

    day: str
    is_user: bool
    actor: str
    person_email: str | None
    customer_type: str
    subscription_type: str | None
    terminal_type: str
    is_remote: bool
    sessions: int
    lines_added: int
    lines_removed: int
    commits: int
    pull_requests: int
    tools: dict[str, tuple[int, int]] = field(default_factory=dict)
    models: list[ModelUse] = field(default_factory=list)
    extra: dict[str, object] = field(default_factory=dict)


@dataclass
class UsageRow:
    """Tokens of one minute, one caller and one model, ungrouped."""

    day: str
    minute: int
    account_id: str | None
    api_key_id: str | None
    workspace_id: str | None
    model: str
    uncached_input: int
    output: int
    cache_read: int
    write_5m: int
    write_1h: int
    service_tier: str = "standard"
    context_window: str = "0-200k"
    inference_geo: str = "global"
    service_account_id: str | None = None
    web_searches: int = 0
    # Known to the analytics reports alone.
    product: str = "messages_api"
    federated_issuer: str | None = None

    @property
    def requests(self) -> int:
        """How many requests caused the row."""
        return 1 + self.output // 700


class ActivityBuilder:
    """Makes the records and usage rows of single days from one random stream."""

    def __init__(self, rng: random.Random, people: list[Person], keys: list[ApiKey]) -> None:
        self._rng = rng
        self._people = people
        self._keys = {key.name: key for key in keys}
        self._personal_keys = {
            key.created_by_id: key for key in keys if key.name.startswith("claude_code_key_")
        }
        self._shared_keys = [key for key in keys if key.name == "shared-runner"]

    def day(self, day: date) -> tuple[list[ClaudeCodeRecord], list[UsageRow]]:
        """Return the records of one UTC day and the usage rows behind those billed by use."""
        records: list[ClaudeCodeRecord] = []
        rows: list[UsageRow] = []
        if day in EMPTY_DAYS:
            return records, rows
        share = 0.07 if day.weekday() >= 5 else 1.0
        for person in self._people:
            if not person.is_in_directory and day > LEAVING_DAY:
                continue
            if self._rng.random() < person.intensity * share:
                self._add_person(day, person, records, rows)
        self._add_services(day, records, rows)
        return records, rows

    def _add_person(
        self, day: date, person: Person, records: list[ClaudeCodeRecord], rows: list[UsageRow]
    ) -> None:
        count = 1 + (self._rng.random() < 0.2)
        places = [(terminal, False) for terminal in self._rng.sample(person.terminals, k=count)]
        if self._rng.random() < 0.12:
            places.append((places[0][0], True))
        key = self._personal_keys.get(person.user_id)
        for terminal, is_remote in places:
            record = self._record(day, terminal, is_remote)
            record.person_email = person.email
            if person.signs_in_with_key and key is not None:
                record.is_user, record.actor = False, key.name
            else:
                record.actor = self._address(person)
            if person.has_subscription:
                record.customer_type, record.subscription_type = "subscription", "team"
            else:
                account = None if not record.is_user else person.user_id
                rows.extend(self._usage(record, account, key))
            records.append(record)

    def _address(self, person: Person) -> str:
        # Some addresses come in mixed case on some days, as directories and sign-ins differ.
        mixed = person.github_id % 6 == 0 and self._rng.random() < 0.3
        return person.email.title() if mixed else person.email

    def _add_services(
        self, day: date, records: list[ClaudeCodeRecord], rows: list[UsageRow]
    ) -> None:
        actors: list[ApiKey] = []
        if day.weekday() < 5:
            actors.append(self._keys["ci-nightly"])
        if day.day % 10 == 3:
            actors.append(self._keys["legacy-import"])
        if day.day % 9 == 4:
            actors.append(self._shared_keys[day.day % 2])
        if day.day == 21:
            actors.append(self._keys["claude_code_key_deleted_qzxw"])
        for key in actors:
            record = self._record(day, "non-interactive", key.name == "ci-nightly")
            record.is_user, record.actor = False, key.name
            if key.name == "ci-nightly":
                record.tools = {}
            rows.extend(self._usage(record, None, key))
            records.append(record)

    def _record(self, day: date, terminal: str, is_remote: bool) -> ClaudeCodeRecord:
        rng = self._rng
        commits = rng.choice((0, 0, 1, 2, 3, 5))
        tools = {
            "edit_tool": (rng.randrange(4, 60), rng.randrange(8)),
            "multi_edit_tool": (rng.randrange(6), rng.randrange(2)),
            "write_tool": (rng.randrange(12), rng.randrange(3)),
        }
        if rng.random() < 0.5:
            tools["notebook_edit_tool"] = (rng.randrange(3), 0)
        if day >= UNKNOWN_TOOL_SINCE and terminal == "vscode":
            tools[UNKNOWN_TOOL] = (rng.randrange(1, 5), rng.randrange(2))
        return ClaudeCodeRecord(
            day=day.isoformat(),
            is_user=True,
            actor="",
            person_email=None,
            customer_type="api",
            subscription_type=None,
            terminal_type=terminal,
            is_remote=is_remote,
            sessions=rng.randrange(1, 7),
            lines_added=rng.randrange(20, 900),
            lines_removed=rng.randrange(260),
            commits=commits,
            pull_requests=min(commits, rng.choice((0, 0, 1, 1, 2))),
            tools=tools,
            models=self._models(day),
            extra=dict([UNKNOWN_FIELD]) if day >= UNKNOWN_FIELD_SINCE else {},
        )

    def _models(self, day: date) -> list[ModelUse]:
        rng = self._rng
        big = rng.choice(
            ("claude-opus-5", "claude-opus-5-5", "claude-sonnet-5-5", "claude-opus-4-8")
        )
        small = rng.choice(("claude-haiku-4-5-20251001", "claude-haiku-5-5"))
        models = [self._use(big, 8)]
        if rng.random() < 0.7:
            models.append(self._use(small, 1))
        if rng.random() < 0.25:
            models.append(self._use("claude-sonnet-5", 3))
        if day in UNKNOWN_MODEL_DAYS and rng.random() < 0.3:
            models.append(self._use(UNKNOWN_MODEL, 2))
        return models

    def _use(self, model: str, scale: int) -> ModelUse:
        rng = self._rng
        tokens = {
            "input": rng.randrange(200, 7_000) * scale,
            "output": rng.randrange(300, 12_000) * scale,
            "read": rng.randrange(20_000, 900_000) * scale,
            "write_5m": rng.randrange(2_000, 60_000) * scale,
        }
        assert model in PRICES
        return ModelUse(
            model=model,
            input=tokens["input"],
            output=tokens["output"],
            cache_read=tokens["read"],
            cache_creation=tokens["write_5m"],
            estimated_cents=whole_cents(list_cents(model, **tokens)),
        )

    def _usage(
        self, record: ClaudeCodeRecord, account_id: str | None, key: ApiKey | None
    ) -> list[UsageRow]:
        rng = self._rng
        rows: list[UsageRow] = []
        for use in record.models:
            # A part of cache writes is kept for an hour: billed is above the estimate for them.
            one_hour = use.cache_creation // 8 if rng.random() < 0.3 else 0
            rows.append(
                UsageRow(
                    day=record.day,
                    minute=rng.randrange(7 * 60, 19 * 60),
                    account_id=account_id,
                    api_key_id=key.api_key_id if key else None,
                    workspace_id=key.workspace.reported_id if key else None,
                    model=use.model,
                    uncached_input=use.input,
                    output=use.output,
                    cache_read=use.cache_read,
                    write_5m=use.cache_creation - one_hour,
                    write_1h=one_hour,
                    context_window="200k-1M" if rng.random() < 0.04 else "0-200k",
                    web_searches=rng.randrange(1, 5) if rng.random() < 0.1 else 0,
                    product="claude_code",
                )
            )
        return rows
