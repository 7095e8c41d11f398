"""What the published file may say of people, as queries over the marts.

Belongs here: which columns name people, and what becomes of tables at each level. Names are matched
in every table, and what is not listed is taken for personal: a new text column is empty, and a new
table without a count of people holds nothing, until it is listed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Level = Literal["named", "pseudonymous", "team"]

MINIMUM_KEY_LENGTH = 16
# Values that stand for nobody.
NOBODY = ("unknown", "none", "unassigned", "unallocated")

# Keys of people, and of what leads to one of them: pseudonyms below level named.
PERSON_COLUMNS = frozenset(
    {"person_key", "created_by_person_key", "actor_key", "api_key_id", "user_id", "identity_key"}
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
        "allocation_confidence",
        "allocation_method",
        "api_key_status",
        "api_version",
        "attribution",
        "attribution_balanced",
        "attribution_confidence",
        "attribution_liberal",
        "attribution_reading",
        "attribution_reason",
        "author_kind",
        "baseline_level",
        "budget_source",
        "budget_status",
        "claude_attribution",
        "commit_sha",
        "completeness_status",
        "confidence",
        "console_activity_status",
        "console_cost_status",
        "console_usage_status",
        "context_window",
        "cost_basis",
        "cost_center",
        "cost_source",
        "cost_type",
        "counting_rule",
        "created_by_type",
        "customer_type",
        "default_branch_name",
        "default_inference_geo",
        "direction",
        "driver_type",
        "endpoint",
        "enterprise_activity_status",
        "enterprise_cost_status",
        "enterprise_usage_status",
        "evidence_source",
        "evidence_subject_id",
        "identity_type",
        "inference_geo",
        "largest_model",
        "limit_source",
        "limit_type",
        "limit_unknown_reason",
        "line_item_description",
        "matching_rule",
        "measure",
        "membership_source",
        "merge_commit_sha",
        "metric",
        "model",
        "model_family",
        "model_version",
        "not_shown_reason",
        "organization_id",
        "organization_kind",
        "organization_role",
        "peak_unknown_reason",
        "person_kind",
        "person_matching_rule",
        "price_source",
        "product",
        "published_source_url",
        "pull_request_state",
        "rate_limit_id",
        "rate_limit_name",
        "ratio_withheld_reason",
        "recommendation_unknown_reason",
        "reconciliation_status",
        "report",
        "revert_status",
        "rule",
        "run_id",
        "scope_type",
        "service_tier",
        "severity",
        "source_report",
        "source_system",
        "subject_id",
        "subject_type",
        "subscription_type",
        "team_name",
        "team_source",
        "terminal_type",
        "token_type",
        "tokenizer_comparison",
        "tool_name",
        "unit",
        "usage_source",
        "what_if_model",
        "what_it_does_not_prove",
        "window_key",
        "workspace_geo",
        "workspace_id",
        "workspace_name",
    }
)

# Level team: tables about the organisation and not about people, published whole.
KEPT_TABLES = frozenset(
    {
        "claude_code_activity_set_aside_daily",
        "cost_reconciliation_daily",
        "coverage_daily",
        "data_completeness",
        "dim_dates",
        "dim_models",
        "dim_repositories",
        "dim_workspaces",
        "report_revisions",
        "token_rate_headroom",
    }
)
# Level team: rows with at least the minimum in the named column. Of the comparison, every matched
# author has pull requests with evidence and without.
PEOPLE_COUNTS: Mapping[str, str] = {
    "adoption_cohorts_monthly": "cohort_person_count",
    "adoption_daily": "active_28d_count",
    "contribution_comparison": "matched_author_count",
    "contributions_monthly": "people_count",
    "contributions_weekly": "people_count",
    "cost_profile_monthly": "developer_count",
    "dim_teams": "person_count",
}
# Level team: rows where each of the named columns has at least the minimum, or nobody: whose cost
# it is, and whose changes.
ALL_PEOPLE_COUNTS: Mapping[str, tuple[str, ...]] = {
    "cost_per_outcome_monthly": (
        "people_count",
        "author_count",
        "liberal_author_count",
        "change_author_count",
    ),
}
# Level team: rows of at least the minimum of people are added up, so the people are gone. All
# numbers of these tables can be added, but for ratios, which are empty then.
ADDED_TABLES = frozenset(
    {
        "cache_efficiency_daily",
        "fct_billed_costs_daily",
        "fct_claude_code_activity_daily",
        "fct_claude_code_model_usage_daily",
        "fct_claude_code_tool_actions_daily",
        "fct_cost_attribution_daily",
        "fct_message_usage_daily",
        "model_what_if_monthly",
        "person_costs_monthly",
    }
)
# Level team: rows about something else than a person stay.
MIXED_TABLES = frozenset({"budget_status_daily", "cost_anomalies_daily"})


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


def query(table: str, columns: Mapping[str, str], source: str, privacy: Privacy) -> str:
    """Return the query that gives what of ``table`` may be published.

    ``columns`` are its types by name, in order; ``source`` is the schema to read from. The query
    reads the variable ``privacy_key`` of its connection.
    """
    relation = f"{source}.{identifier(table)}"
    if privacy.level == "named":
        return f"select * from {relation}"
    if privacy.level == "pseudonymous":
        return f"select {_masked(columns, source)} from {relation}"
    return _by_team(table, columns, source, privacy.min_people)


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
    return column if name in SAFE_COLUMNS else f"cast(null as {kind})"


def _by_team(table: str, columns: Mapping[str, str], source: str, minimum: int) -> str:
    relation = f"{source}.{identifier(table)}"
    if table in ADDED_TABLES and "person_key" in columns:
        return _added_up(columns, relation, source, minimum)
    condition = "false"
    if table in KEPT_TABLES and not PERSON_COLUMNS & columns.keys():
        condition = "true"
    elif table in PEOPLE_COUNTS and not PERSON_COLUMNS & columns.keys():
        condition = f"{identifier(PEOPLE_COUNTS[table])} >= {minimum}"
    elif table in ALL_PEOPLE_COUNTS and not PERSON_COLUMNS & columns.keys():
        counts = [identifier(name) for name in ALL_PEOPLE_COUNTS[table]]
        condition = " and ".join(f"({count} = 0 or {count} >= {minimum})" for count in counts)
    elif table in MIXED_TABLES and not PERSON_COLUMNS & columns.keys():
        mixed = [identifier(name) for name in columns if name in MIXED_COLUMNS]
        # Whatever is said of a person, a key or a small team.
        few = f"select team_name from {source}.dim_teams where person_count < {minimum}"
        condition = " and ".join(
            f"coalesce({column} not in ({_people(source)}) and {column} not in ({few}), true)"
            for column in mixed
        )
    if "team_name" in columns and table != "dim_teams" and condition != "false":
        condition += f" and {_large_team(source, minimum)}"
    return f"select {_masked(columns, source)} from {relation} where {condition or 'false'}"


def _added_up(columns: Mapping[str, str], relation: str, source: str, minimum: int) -> str:
    """Add up rows over people: at least ``minimum`` of them, or the row is not there."""
    selected, grouped = [], []
    for name, kind in columns.items():
        column = identifier(name)
        if name in PERSON_COLUMNS or name in OPAQUE_COLUMNS:
            selected.append(f"'withheld' as {column}")
        elif name.endswith("_ratio"):
            selected.append(f"cast(null as {kind}) as {column}")
        elif _is_number(kind):
            selected.append(f"cast(sum({column}) as {kind}) as {column}")
        else:
            masked = _mask(name, kind, source, has_person=False)
            selected.append(f"{masked} as {column}")
            grouped.append(masked)
    people = f"count(distinct person_key) filter (where person_key not in ({_texts(NOBODY)}))"
    condition = f" where {_large_team(source, minimum)}" if "team_name" in columns else ""
    return (
        f"select {', '.join(selected)} from {relation}{condition}"
        f" group by {', '.join(grouped)} having {people} >= {minimum}"
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
    hashed = f"left(sha256({key} || sha256({key} || {expression})), 32)"
    return f"case when {expression} in ({_texts(NOBODY)}) then {expression} else {hashed} end"


def _holds_text(kind: str) -> bool:
    return any(word in kind.upper() for word in ("VARCHAR", "JSON", "BLOB", "ENUM"))


def _is_number(kind: str) -> bool:
    return kind.upper().startswith(
        ("DECIMAL", "BIGINT", "HUGEINT", "INTEGER", "SMALLINT", "UBIGINT", "DOUBLE", "FLOAT")
    )


def identifier(name: str) -> str:
    """Quote a name."""
    return '"' + name.replace('"', '""') + '"'


def _texts(values: tuple[str, ...]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)
