"""The SQL that gives the pipeline's role views of the columns it may read: `reader.sql`.

`make registers` writes the file of `columns.py`; a test says when it is out of date.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ingestion.litellm.columns import DAILY, LOG, OPENED, REQUEST, TOTAL, Column

SCHEMA = "claude_usage"
ROLE = "claude_usage_reader"
REQUESTS_VIEW = "litellm_requests"
TOTALS_VIEW = "litellm_daily_totals"
FILE = Path(__file__).with_name("reader.sql")


def reader_sql() -> str:
    """Return the statements for an administrator of the gateway's database."""
    return f"""\
-- Made by `make registers` of ingestion/litellm/columns.py: changes by hand are lost.
--
-- Views of the columns that claude-usage reads of LiteLLM's log, and a role that may read them and
-- nothing else: no message, answer, address or error is in them. Run it in LiteLLM's database as
-- the owner of its tables, give the role a password, and run it again after an upgrade of LiteLLM:
--
--     psql "$LITELLM_OWNER_URL" -f reader.sql
--     psql "$LITELLM_OWNER_URL" -c '\\password {ROLE}'
--
-- Postgres refuses to change the type of a column that a view is made of. Where an upgrade of
-- LiteLLM ends with such an error: drop schema {SCHEMA} cascade, upgrade, run this again.
\\set ON_ERROR_STOP on
begin;

create schema if not exists {SCHEMA};

do $role$
begin
    if not exists (select from pg_roles where rolname = '{ROLE}') then
        create role {ROLE} login noinherit;
    end if;
end
$role$;
alter role {ROLE} set default_transaction_read_only = on;

-- What a version of LiteLLM does not have is null.
create function pg_temp.selected(source regclass, wanted text[]) returns text language sql as $sql$
    select string_agg(
        format(
            '%s::%s as %I',
            case when there.attname is null then 'null' else '(' || one[3] || ')' end,
            one[2],
            one[1]
        ),
        ', ' order by place
    )
    from generate_subscripts(wanted, 1) as place
    cross join lateral (
        select array[wanted[place][1], wanted[place][2], wanted[place][3], wanted[place][4]] as one
    ) as row
    left join pg_attribute as there
        on there.attrelid = source and there.attname = one[4] and there.attnum > 0
            and not there.attisdropped
$sql$;

do $views$
declare
    log regclass := to_regclass('"{LOG}"');
    daily regclass;
    entity text;
    totals text[] := '{{}}';
    opened text := $sql${OPENED}$sql$;
begin
    if log is null then
        raise exception 'There is no table "{LOG}" here: is this the database of LiteLLM?';
    end if;
    if not exists (select from pg_attribute where attrelid = log and attname = 'metadata') then
        opened := '';
    end if;
    execute 'drop view if exists {SCHEMA}.{REQUESTS_VIEW}, {SCHEMA}.{TOTALS_VIEW}';
    execute format(
        'create view {SCHEMA}.{REQUESTS_VIEW} as select %s from %s as log%s',
        pg_temp.selected(log, array[
{_listed(REQUEST)}
        ]),
        log,
        opened
    );
    foreach entity in array array[{", ".join(f"'{entity}'" for entity in DAILY)}] loop
        daily := to_regclass(format('"LiteLLM_Daily%sSpend"', initcap(entity)));
        continue when daily is null;
        totals := totals || format(
            'select %L::text as entity, %s from %s as log group by log."date"',
            entity,
            pg_temp.selected(daily, array[
{_listed(TOTAL)}
            ]),
            daily
        );
    end loop;
    if totals <> '{{}}' then
        execute 'create view {SCHEMA}.{TOTALS_VIEW} as '
            || array_to_string(totals, ' union all ');
    end if;
end
$views$;

grant usage on schema {SCHEMA} to {ROLE};
grant select on all tables in schema {SCHEMA} to {ROLE};

commit;
"""


def _listed(columns: Collection[Column]) -> str:
    return ",\n".join(
        f"            array['{one.name}', '{one.type}', $c${one.sql}$c$, '{one.of}']"
        for one in columns
    )
