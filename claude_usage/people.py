"""Whom a word of the user leads to, and all that leads to that person in turn."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from ingestion.forgetting.identities import Kind


@dataclass(frozen=True)
class Candidate:
    """A person of `dim_people` as shown to the user."""

    person_key: str
    person_kind: str
    shown: str


def candidates(connection: duckdb.DuckDBPyConnection, given: str) -> list[Candidate]:
    """Return the people whose address, login, id, key, name of a key or name ``given`` is."""
    rows = connection.execute(
        """
        select
            person_key,
            person_kind,
            concat_ws(', ', display_name, email_address, github_login, 'person_key ' || person_key)
        from marts.dim_people
        where person_key <> 'unknown' and (
            person_key = lower($given)
            or lower(display_name) = lower($given)
            or person_key in (
                select person_key from intermediate.int_identities_resolved
                where lower(identity_value) = lower($given)
                union
                select person_key from intermediate.int_users_matched_to_people
                where user_id = $given
            )
        )
        order by all
        """,
        {"given": given.strip()},
    ).fetchall()
    return [Candidate(*row) for row in rows]


# Each a query of values; `mine` is the person's row of `identities`, `signatures` who signed what.
_IDENTITIES: dict[Kind, str] = {
    "mail": "select identity_value from mine where identity_type = 'email'",
    "login": "select identity_value from mine where identity_type = 'github_login'",
    "github_id": """
        select github_id::varchar from signatures where lower(login) in (from my_logins)
        union
        select member_id::varchar from staging.stg_github__organization_member_versions
        where lower(login) in (from my_logins)
    """,
    "user_id": """
        select user_id from intermediate.int_users_matched_to_people where person_key = $person_key
        union
        select identity_value from mine where identity_type = 'user_id'
    """,
    "api_key_id": """
        select api_key_id from intermediate.int_api_keys_matched_to_people
        where person_key = $person_key
    """,
    # A name that others' keys have too leads to nobody.
    "api_key_name": """
        select identity_value from mine where identity_type = 'api_key_name'
        union
        select api_key_name
        from intermediate.int_api_keys_known
        join intermediate.int_api_keys_matched_to_people using (api_key_id)
        group by api_key_name having bool_and(person_key = $person_key)
    """,
    # A machine or an account that others use too is nobody's.
    "hash": """
        select identity_hash from intermediate.int_hashed_people where person_key = $person_key
        union
        select machine_key from intermediate.int_telemetry_signals
        group by machine_key having bool_and(person_key = $person_key)
        union
        select machine_key from intermediate.int_local_responses_priced
        group by machine_key having bool_and(person_key = $person_key)
        union
        select project_key from intermediate.int_local_responses_priced
        group by project_key having bool_and(person_key = $person_key)
        union
        select account_key
        from staging.stg_telemetry__requests
        join intermediate.int_hashed_people using (identity_hash)
        group by account_key having bool_and(person_key = $person_key)
    """,
    # Nor is a name taken from others who are called the same.
    "name": """
        select display_name from intermediate.int_members_known
        where user_id in (
            select user_id from intermediate.int_users_matched_to_people
            where person_key = $person_key
        )
        union
        select name from signatures where email in (from my_addresses)
        except
        select display_name from marts.dim_people where person_key <> $person_key
        except
        select name from signatures
        where
            email not in (from my_addresses)
            and coalesce(lower(login), '') not in (from my_logins)
    """,
    "handle": """
        select $person_key
        union
        select display_name from marts.dim_people where person_key = $person_key
    """,
}


def identities(connection: duckdb.DuckDBPyConnection, person_key: str) -> dict[Kind, list[str]]:
    """Return what leads to a person, as it was found when the marts were built."""
    signatures = " union ".join(
        f"select {role}_name as name, lower(trim({role}_email)) as email, {role}_login as login,"
        f" {role}_github_id as github_id from staging.stg_github__{table}"
        for table in ("commits", "pull_request_commits")
        for role in ("author", "committer")
    )
    found: dict[Kind, list[str]] = {}
    for kind, query in _IDENTITIES.items():
        rows = connection.execute(
            f"""
            with mine as (
                select identity_type, identity_value from intermediate.int_identities_resolved
                where person_key = $person_key
            ),
            my_addresses as (select identity_value from mine where identity_type = 'email'),
            my_logins as (select identity_value from mine where identity_type = 'github_login'),
            signatures as ({signatures})
            select * from ({query}) as found(value) where value is not null
            """,
            {"person_key": person_key},
        ).fetchall()
        found[kind] = [value for (value,) in rows]
    return found
