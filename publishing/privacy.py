"""What the published file may say of people, as queries over the marts.

Belongs here: which columns name people, and their pseudonyms. Does not belong here: which tables
and figures are disclosed at level team (`team_level`). Names are matched in every table, and what
is not listed is taken for personal: a new text column is empty until it is listed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from publishing import team_level

Level = Literal["named", "pseudonymous", "team"]

MINIMUM_KEY_LENGTH = 16
# Values that stand for nobody.
NOBODY = ("unknown", "none", "unassigned", "unallocated")

# Keys of people, and of what leads to one of them: pseudonyms below level named.
PERSON_COLUMNS = frozenset(
    {"person_key", "created_by_person_key", "actor_key", "api_key_id", "user_id", "identity_key"}
    # Of a gateway, as of an API key: one key is one person's.
    | {"gateway_key_hash", "machine_key"}
)
# Made of values that may name people, and needed to tell rows apart.
OPAQUE_COLUMNS = frozenset({"line_item_key", "evidence_key"})
# A person's key in some rows, something else in others.
MIXED_COLUMNS = frozenset({"scope_id", "driver_id"})
REPOSITORY_COLUMN = "repository"
DISPLAY_COLUMN = "display_name"
# Text that names no person, whatever the organisation.
SAFE_COLUMNS = frozenset(
    {
        "actor_type",
        "agent",
        "agent_name",
        "alarm_rule",
        "allocation_confidence",
        "allocation_method",
        "api_key_status",
        "api_version",
        "attribution",
        "attribution_balanced",
        "attribution_confidence",
        "attribution_estimated",
        "attribution_liberal",
        "attribution_reading",
        "attribution_reason",
        "author_kind",
        "baseline_level",
        "billing_basis",
        "budget_source",
        "budget_status",
        "claude_attribution",
        "client_version",
        "commit_sha",
        "commit_reason",
        "compared_source",
        "completeness_status",
        "confidence",
        "console_activity_status",
        "console_cost_status",
        "console_usage_status",
        "context_window",
        "cost_basis",
        "cost_center",
        "cost_confidence",
        "cost_not_shown_reason",
        "cost_source",
        "cost_type",
        "counting_rule",
        "created_by_type",
        "customer_type",
        "decision",
        "default_branch_name",
        "default_inference_geo",
        "difference_reason",
        "direction",
        "driver_type",
        "endpoint",
        "gateway",
        "geography",
        "enterprise_activity_status",
        "enterprise_cost_status",
        "enterprise_usage_status",
        "estimate_reason",
        "evidence_source",
        "evidence_subject_id",
        "identity_type",
        "inference_geo",
        "largest_model",
        "largest_tool_name",
        "lever",
        "limit_source",
        "limit_type",
        "limit_unknown_reason",
        "list_cost_basis",
        "list_cost_unknown_reason",
        "line_item_description",
        "matching_rule",
        "mcp_server_name",
        "measure",
        "membership_source",
        "merge_commit_sha",
        "metric",
        "model",
        "model_family",
        "model_version",
        "named_change",
        "not_shown_reason",
        "organization_id",
        "organization_kind",
        "organization_role",
        "peak_unknown_reason",
        "person_kind",
        "person_matching_rule",
        "price_source",
        "product",
        "provider",
        "pull_request_reason",
        "published_source_url",
        "pull_request_state",
        "query_source",
        "rate_limit_id",
        "rate_limit_name",
        "ratio_withheld_reason",
        "recommendation_unknown_reason",
        "reconciliation_status",
        "report",
        "request_status",
        "revert_status",
        "route",
        "rule",
        "run_id",
        "saving_unknown_reason",
        "scope_type",
        "sent_cost_center",
        "sent_team",
        "service_tier",
        "session_kind",
        "severity",
        "skill_name",
        "source_of_record",
        "source_report",
        "source_system",
        "subject_id",
        "subject_type",
        "subscription_type",
        "tag",
        "team_name",
        "team_source",
        "terminal_type",
        "token_type",
        "tokens_unknown_reason",
        "tokenizer_comparison",
        "tool_name",
        "tool_source",
        "unit",
        "usage_source",
        "usage_sources",
        "what_if_model",
        "what_it_does_not_prove",
        "window_key",
        "workspace_geo",
        "workspace_id",
        "workspace_name",
        "workspace_role",
    }
)


class PrivacyError(ValueError):
    """The privacy level cannot be kept as it is set."""


@dataclass(frozen=True)
class Privacy:
    """A level, the key of its pseudonyms, and how few people are too few.

    Raises:
        PrivacyError: an unknown level, a level below ``named`` without a key that nobody guesses
            (the pseudonyms of known addresses could be made by anybody), or a minimum below two.
    """

    level: Level = "named"
    key: str | None = None
    min_people: int = 5

    def __post_init__(self) -> None:
        if self.level not in ("named", "pseudonymous", "team"):
            raise PrivacyError(f"PRIVACY_LEVEL is named, pseudonymous or team, not {self.level}")
        if self.level == "pseudonymous" and len(self.key or "") < MINIMUM_KEY_LENGTH:
            raise PrivacyError(
                f"PRIVACY_LEVEL=pseudonymous needs a PRIVACY_KEY of {MINIMUM_KEY_LENGTH}"
                " characters or more"
            )
        if self.min_people < 2:
            raise PrivacyError("PRIVACY_MIN_PEOPLE is 2 or more: one person is nobody's crowd")

    def __repr__(self) -> str:
        """Leave the key out."""
        return f"Privacy(level={self.level!r}, min_people={self.min_people})"


def query(
    table: str,
    columns: Mapping[str, str],
    source: str,
    privacy: Privacy,
    prepared: frozenset[str] = frozenset(),
) -> str:
    """Return the query that gives what of ``table`` may be published.

    ``columns`` are its types by name, in order; ``source`` is the schema to read from. The query
    reads the variable ``privacy_key`` of its connection, and at level team what `prepare_tables`
    of `team_level` has made there and named in ``prepared``.
    """
    relation = f"{source}.{identifier(table)}"
    if privacy.level == "named":
        return f"select * from {relation}"
    if privacy.level == "pseudonymous":
        return f"select {_masked(columns, source)} from {relation}"
    return _by_team(table, columns, source, privacy.min_people, prepared)


def kept_columns(columns: Mapping[str, str], privacy: Privacy) -> frozenset[str]:
    """Return the columns of ``columns`` that have a value wherever the warehouse has one."""
    if privacy.level == "named":
        return frozenset(columns)
    if privacy.level == "team":
        return frozenset()
    has_person = "person_key" in columns
    return frozenset(
        name
        for name, kind in columns.items()
        if _mask(name, kind, "", has_person) != _emptied(kind)
    )


def _masked(columns: Mapping[str, str], source: str) -> str:
    has_person = "person_key" in columns
    return ", ".join(
        f"{_mask(name, kind, source, has_person)} as {identifier(name)}"
        for name, kind in columns.items()
    )


def _mask(name: str, kind: str, source: str, has_person: bool) -> str:
    column = identifier(name)
    if not _holds_text(kind):
        return column
    if name in PERSON_COLUMNS or name in OPAQUE_COLUMNS:
        return _pseudonym(column)
    if name in MIXED_COLUMNS:
        is_person = f"{column} in ({_people(source)})"
        return f"case when {is_person} then {_pseudonym(column)} else {column} end"
    if name == REPOSITORY_COLUMN:
        # A repository in a person's own account.
        owner = f"split_part({column}, '/', 1)"
        logins = f"select lower(github_login) from {source}.dim_people where github_login <> ''"
        return (
            f"case when lower({owner}) in ({logins})"
            f" then left({_pseudonym(owner)}, 12) || '/' || left({_pseudonym(column)}, 12)"
            f" else {column} end"
        )
    if name == DISPLAY_COLUMN and has_person:
        return (
            "case when person_key = 'unknown' then 'Unknown'"
            f" else 'Person ' || left({_pseudonym('person_key')}, 8) end"
        )
    return column if name in SAFE_COLUMNS else _emptied(kind)


def _emptied(kind: str) -> str:
    return f"cast(null as {kind})"


def _by_team(
    table: str, columns: Mapping[str, str], source: str, minimum: int, prepared: frozenset[str]
) -> str:
    relation = f"{source}.{identifier(table)}"
    if table in team_level.DISCLOSED_TABLES:
        pieces = [one for one in team_level.DISCLOSED_TABLES[table] if one.figures.name in prepared]
        if pieces:
            return " union all ".join(
                team_level.disclosed(one, columns, relation) for one in pieces
            )
    counted = team_level.COUNTED_TABLES.get(table)
    condition = "false"
    if PERSON_COLUMNS & columns.keys():
        pass
    elif table in team_level.KEPT_TABLES:
        condition = "true"
    elif counted is not None:
        condition = team_level.counted_condition(counted, relation, minimum)
    elif table in team_level.MIXED_TABLES:
        condition = _of_no_person(columns, source, minimum)
    if "team_name" in columns and table != "dim_teams" and condition != "false":
        condition += f" and {_large_team(source, minimum)}"
    selected = []
    for name, kind in columns.items():
        withheld = team_level.counted_column(counted, name, kind, minimum)
        shown = withheld or _mask(name, kind, source, has_person=False)
        selected.append(f"{shown} as {identifier(name)}")
    return f"select {', '.join(selected)} from {relation} where {condition}"


def _of_no_person(columns: Mapping[str, str], source: str, minimum: int) -> str:
    """Leave out whatever is of a person, a key or a small team."""
    few = f"select team_name from {source}.dim_teams where person_count < {minimum}"
    return " and ".join(
        f"coalesce({identifier(name)} not in ({_people(source)})"
        f" and {identifier(name)} not in ({few}), true)"
        for name in columns
        if name in MIXED_COLUMNS
    )


def _large_team(source: str, minimum: int) -> str:
    return (
        "(team_name is null or team_name not in"
        f" (select team_name from {source}.dim_teams"
        f" where person_count < {minimum} and team_name <> 'unassigned'))"
    )


def _people(source: str) -> str:
    return (
        f"select person_key from {source}.dim_people where person_key <> 'unknown'"
        f" union all select api_key_id from {source}.dim_api_keys"
        f" union all select actor_key from {source}.dim_claude_code_actors"
    )


def _pseudonym(expression: str) -> str:
    """Hash a value with the key, twice as HMAC does, so that none can be made without it."""
    key = "getvariable('privacy_key')"
    nobody = ", ".join(literal(value) for value in NOBODY)
    hashed = f"left(sha256({key} || sha256({key} || {expression})), 32)"
    return f"case when {expression} in ({nobody}) then {expression} else {hashed} end"


def _holds_text(kind: str) -> bool:
    return any(word in kind.upper() for word in ("VARCHAR", "JSON", "BLOB", "ENUM"))


def identifier(name: str) -> str:
    """Quote a name."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """Quote a text."""
    return "'" + value.replace("'", "''") + "'"
