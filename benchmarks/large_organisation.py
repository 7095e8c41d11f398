"""A large organisation with a year of history, written by DuckDB into the raw tables.

What stands in them is what a load would have stored: records in the shape the APIs answer, a row
each as those of long pages are, and the ledger's rows. Everybody has an API key and uses Claude
Code every day; usage is told by key, the finest the Admin API tells, so no organisation of that
size has more rows. The same size gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from ingestion import ledger, raw, warehouse
from ingestion.anthropic import endpoints, kinds
from ingestion.entity_versions import keep_versions
from ingestion.github import tables as github

RUN = "benchmark"
FIRST_DAY = date(2025, 11, 1)
_DAYS_AT_ONCE = 30
_PEOPLE_A_TEAM, _PEOPLE_A_REPOSITORY, _PEOPLE_A_WORKSPACE = 10, 25, 500
# Model, its name in the bill, USD per million tokens: input, output, cache read, cache write.
_MODELS = """
    (0, 'claude-opus-5-5', 'Claude Opus 5.5', 4, 20, 0.2, 5),
    (1, 'claude-sonnet-5-5', 'Claude Sonnet 5.5', 2, 10, 0.1, 2.5),
    (2, 'claude-haiku-5-5', 'Claude Haiku 5.5', 0.1, 0.5, 0.01, 0.125)
"""


@dataclass(frozen=True)
class Size:
    """People and days; 30 pull requests and 150 commits a person and year."""

    people: int
    days: int

    def pull_requests_until(self, day: int) -> int:
        """Return how many pull requests are opened before a day, counted from 0."""
        return self.people * day * 30 // 365


def fill(path: Path, size: Size, first: int, end: int) -> None:
    """Add the days from ``first`` to before ``end``, counted from 0, and what is listed now."""
    fetched_at = f"timestamptz '{FIRST_DAY + timedelta(days=end + 40)} 06:00:00+00'"
    with warehouse.prepared(path) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute("set preserve_insertion_order = true")
        _name_people(connection, size, fetched_at)
        for start in range(first, end, _DAYS_AT_ONCE):
            stop = min(start + _DAYS_AT_ONCE, end)
            _add_claude_code(connection, start, stop)
            _add_usage(connection)
            _add_cost(connection)
            _add_changes(connection, size, start, stop)
        _list_console(connection)
        _list_github(connection)
        _count(connection)
        # Temporary tables are left to the connection's end.


def write_teams(folder: Path, size: Size) -> None:
    """Write the seed of teams: a few of them a cost centre."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select
                    format('person{{:05d}}@bulk.example', place) as email_address,
                    null as github_login,
                    format('team {{:04d}}', place // {_PEOPLE_A_TEAM}) as team_name,
                    format('cc-{{:03d}}', place // {_PEOPLE_A_TEAM * 8}) as cost_center,
                    null as valid_from,
                    null as valid_to
                from range({size.people}) as people (place)
            ) to '{folder / "team_memberships.csv"}' (header)
            """
        )


def _name_people(connection: duckdb.DuckDBPyConnection, size: Size, fetched_at: str) -> None:
    for statement in (
        # A number from 0 to n - 1 that looks drawn.
        "create temp macro drawn"
        "(n, what, a) as (hash(what, a::bigint) % n)::bigint,"
        "(n, what, a, b) as (hash(what, a::bigint, b::bigint) % n)::bigint,"
        "(n, what, a, b, c) as (hash(what, a::bigint, b::bigint, c::bigint) % n)::bigint,"
        "(n, what, a, b, c, d) as"
        " (hash(what, a::bigint, b::bigint, c::bigint, d::bigint) % n)::bigint",
        "create temp macro sha(what, a, b) as"
        " md5(concat(what, a, '.', b)) || left(md5(concat(what, b, ':', a)), 8)",
        "create temp macro instant(moment) as strftime(moment, '%Y-%m-%dT%H:%M:%SZ')",
        "create temp macro midnight(day) as concat(day::date, 'T00:00:00Z')",
        f"create temp macro fetched_at() as {fetched_at}",
        f"create temp macro day_of(n) as date '{FIRST_DAY}' + n::integer",
        f"create temp table models as from (values {_MODELS})"
        " as models (model_number, model, title, input_price, output_price, read_price,"
        " write_price)",
        f"""
        create temp table people as
        select
            place,
            format('person{{:05d}}@bulk.example', place) as email,
            format('person{{:05d}}', place) as login,
            format('Person {{:05d}}', place) as name,
            format('user_{{:05d}}', place) as user_id,
            format('apikey_{{:05d}}', place) as api_key_id,
            format('wrkspc_{{:03d}}', place // {_PEOPLE_A_WORKSPACE}) as workspace_id,
            place // {_PEOPLE_A_REPOSITORY} as first_repository,
        from range({size.people}) as people (place)
        """,
    ):
        connection.execute(statement)


def _add_claude_code(connection: duckdb.DuckDBPyConnection, start: int, stop: int) -> None:
    connection.execute(
        f"""
        create or replace temp table uses as
        with sessions as (
            select
                place,
                day,
                unnest(range(if(drawn(25, 'terminals', place, day) = 0, 2, 1))) as terminal,
            from people, range({start}, {stop}) as days (day)
        ),
        choices as (
            select
                *,
                unnest(range(if(drawn(100, 'models', place, day, terminal) < 58, 2, 1))) as nth,
            from sessions
        )
        select
            place,
            day,
            terminal,
            model_number,
            model,
            drawn(15_000, 'input', place, day, terminal, nth) as input_tokens,
            drawn(40_000, 'output', place, day, terminal, nth) as output_tokens,
            drawn(2_000_000, 'read', place, day, terminal, nth) as read_tokens,
            drawn(200_000, 'write', place, day, terminal, nth) as write_tokens,
        from choices
        join models on model_number = (place + nth + day // 90) % 3
        """
    )
    connection.execute(
        """
        create or replace temp table records as
        with breakdowns as (
            select
                place,
                day,
                terminal,
                list({
                    model: model,
                    tokens: {
                        input: input_tokens,
                        output: output_tokens,
                        cache_read: read_tokens,
                        cache_creation: write_tokens
                    },
                    estimated_cost: {
                        amount: round(
                            (
                                input_tokens * input_price + output_tokens * output_price
                                + read_tokens * read_price + write_tokens * write_price
                            ) / 10_000
                        )::bigint,
                        currency: 'USD'
                    }
                } order by model_number) as breakdown,
            from uses
            join models using (model_number, model)
            group by all
        )
        select
            day,
            row_number() over (partition by day order by place, terminal) - 1 as position,
            to_json({
                date: midnight(day_of(day)),
                actor: {type: 'user_actor', email_address: email},
                organization_id: '0f7d8c1e-33aa-4b52-9a70-6d1f5b0e9c44',
                customer_type: 'api',
                terminal_type:
                    ['vscode', 'iTerm.app', 'tmux', 'cursor'][1 + (place + terminal) % 4],
                is_remote: false,
                core_metrics: {
                    num_sessions: 1 + drawn(6, 'sessions', place, day, terminal),
                    lines_of_code: {
                        added: drawn(700, 'added', place, day, terminal),
                        removed: drawn(250, 'removed', place, day, terminal)
                    },
                    commits_by_claude_code: drawn(5, 'commits', place, day, terminal),
                    pull_requests_by_claude_code: drawn(3, 'pulls', place, day, terminal)
                },
                tool_actions: {
                    edit_tool: {
                        accepted: drawn(60, 'edits', place, day, terminal),
                        rejected: drawn(8, 'edits not', place, day, terminal)
                    },
                    multi_edit_tool: {
                        accepted: drawn(6, 'multi', place, day, terminal), rejected: 0
                    },
                    write_tool: {
                        accepted: drawn(12, 'writes', place, day, terminal),
                        rejected: drawn(3, 'writes not', place, day, terminal)
                    },
                    notebook_edit_tool: {accepted: 0, rejected: 0}
                },
                model_breakdown: breakdown,
                subscription_type: null::varchar
            })::varchar as record,
        from breakdowns
        join people using (place)
        """
    )
    connection.execute(
        f"""
        insert into {endpoints.CLAUDE_CODE.table.qualified_name} by name
        select
            day_of(day)::varchar as window_key,
            day_of(day)::timestamp at time zone 'UTC' as window_start,
            day_of(day + 1)::timestamp at time zone 'UTC' as window_end,
            1 + position // 1_000 as page_number,
            page_number = max(position) over (partition by day) // 1_000 + 1 as is_last_page,
            position % 1_000 as records_before,
            1 as record_count,
            '{{"data":[' || record || ']}}' as body,
            strlen(body) as byte_count,
            '{endpoints.CLAUDE_CODE.path}' as request_path,
            'starting_at=' || day_of(day) || '&limit=1000' as request_query,
            '{endpoints.CLAUDE_CODE.api_version}' as api_version,
            fetched_at() as fetched_at,
            '{RUN}' as run_id,
        from records
        order by window_key, position
        """
    )


def _add_usage(connection: duckdb.DuckDBPyConnection) -> None:
    _add_buckets(
        connection,
        endpoints.MESSAGES,
        """
        select
            day,
            place * 3 + model_number as position,
            to_json({
                uncached_input_tokens: sum(input_tokens)::bigint,
                cache_creation: {
                    ephemeral_5m_input_tokens: sum(write_tokens)::bigint,
                    ephemeral_1h_input_tokens: 0
                },
                cache_read_input_tokens: sum(read_tokens)::bigint,
                output_tokens: sum(output_tokens)::bigint,
                server_tool_use: {web_search_requests: 0},
                account_id: null::varchar,
                api_key_id: api_key_id,
                context_window: '0-200k',
                inference_geo: null::varchar,
                model: model,
                service_account_id: null::varchar,
                service_tier: 'standard',
                workspace_id: workspace_id
            })::varchar as result,
        from uses
        join people using (place)
        group by day, place, model_number, model, api_key_id, workspace_id
        """,
    )


def _add_cost(connection: duckdb.DuckDBPyConnection) -> None:
    _add_buckets(
        connection,
        endpoints.COST,
        """
        with sums as (
            select
                day,
                workspace_id,
                model_number,
                model,
                title,
                unnest([
                    {name: 'Input Tokens', kind: 'uncached_input_tokens',
                     cents: sum(input_tokens * input_price)},
                    {name: 'Output Tokens', kind: 'output_tokens',
                     cents: sum(output_tokens * output_price)},
                    {name: 'Cache Read Tokens', kind: 'cache_read_input_tokens',
                     cents: sum(read_tokens * read_price)},
                    {name: 'Cache Write Tokens', kind: 'cache_creation.ephemeral_5m_input_tokens',
                     cents: sum(write_tokens * write_price)}
                ]) as line,
            from uses
            join people using (place)
            join models using (model_number, model)
            group by day, workspace_id, model_number, model, title
        )
        select
            day,
            concat(workspace_id, model, line.kind) as position,
            to_json({
                amount: (line.cents::decimal(24, 4) * 0.0001)::varchar,
                currency: 'USD',
                workspace_id: workspace_id,
                description: title || ' Usage - ' || line.name,
                cost_type: 'tokens',
                model: model,
                token_type: line.kind,
                service_tier: 'standard',
                context_window: '0-200k',
                inference_geo: null::varchar
            })::varchar as result,
        from sums
        """,
    )


def _add_buckets(
    connection: duckdb.DuckDBPyConnection, report: kinds.BucketReport, results: str
) -> None:
    connection.execute(
        f"""
        insert into {report.table.qualified_name} by name
        with results as ({results})
        select
            day_of(day)::varchar as window_key,
            day_of(day)::timestamp at time zone 'UTC' as window_start,
            day_of(day + 1)::timestamp at time zone 'UTC' as window_end,
            1 as page_number,
            true as is_last_page,
            row_number() over (partition by day order by position) - 1 as records_before,
            1 as record_count,
            concat(
                '{{"starting_at":"', midnight(day_of(day)), '","ending_at":"',
                midnight(day_of(day + 1)), '","results":[', result, ']}}'
            ) as body,
            strlen(body) as byte_count,
            '{report.path}' as request_path,
            'bucket_width=1d&group_by[]={"&group_by[]=".join(report.group_by)}' as request_query,
            '{report.api_version}' as api_version,
            fetched_at() as fetched_at,
            '{RUN}' as run_id,
        from results
        order by window_key, records_before
        """
    )


def _add_changes(connection: duckdb.DuckDBPyConnection, size: Size, start: int, stop: int) -> None:
    """Add pull requests of four commits, and for each five commits of the default branch."""
    first, end = size.pull_requests_until(start), size.pull_requests_until(stop)
    repositories = max(size.people // _PEOPLE_A_REPOSITORY, 1)
    connection.execute(
        f"""
        create or replace temp table pulls as
        select
            pull,
            700_000_000 + pull % {repositories} as repository_id,
            pull // {repositories} + 1 as number,
            timestamp '{FIRST_DAY} 00:00:00'
            + to_seconds(pull * 86_400 * 365 // (30 * {size.people})) as opened_at,
            opened_at + to_hours(1 + drawn(72, 'open', pull)) as closed_at,
            case
                when drawn(100, 'state', pull) < 85 then 'MERGED'
                when drawn(100, 'state', pull) < 93 then 'CLOSED'
                else 'OPEN'
            end as state,
            state = 'MERGED' and drawn(2, 'squash', pull) = 0 as is_merge,
            drawn(3, 'claude', pull) = 0 as is_claude,
            author.place,
            author.name,
            author.email,
            author.login,
            reviewer.login as reviewer,
            ['Fix', 'Add', 'Remove', 'Document', 'Simplify'][1 + drawn(5, 'verb', pull)] || ' '
            || ['the search index', 'invoice totals', 'the retry of failed exports',
                'a cache for sessions', 'the build time-out'][1 + drawn(5, 'noun', pull)] as title,
        from range({first}, {end}) as pulls (pull)
        join people as author on author.place = drawn({size.people}, 'author', pull)
        join people as reviewer
            on reviewer.place = (author.place + 1 + drawn(20, 'reviewer', pull)) % {size.people}
        """
    )
    connection.execute(
        """
        create or replace temp table commits as
        select
            pull,
            nth,
            repository_id,
            if(is_merge and nth > 0, sha('branch', pull, nth), sha('main', pull, nth)) as main_sha,
            sha('branch', pull, nth) as branch_sha,
            if(nth = 0, closed_at, opened_at - to_minutes(40 * (5 - nth))) as committed_at,
            concat(
                title, ', step ', nth,
                if(drawn(3, 'why', pull, nth) = 0, e'\\n\\nThe old way lost rows at midnight.', ''),
                if(is_claude and drawn(4, 'mark', pull, nth) > 0,
                    e'\\n\\nCo-Authored-By: Claude Opus 5.5 <noreply@anthropic.com>', '')
            ) as branch_message,
            case
                when nth > 0 or state <> 'MERGED' then branch_message
                when is_merge then concat(
                    'Merge pull request #', number, ' from bulk/topic-', number, e'\\n\\n', title
                )
                else concat(
                    title, ' (#', number, e')\\n\\n* ', title, ', step 1',
                    if(is_claude,
                        e'\\n\\nCo-Authored-By: Claude Opus 5.5 <noreply@anthropic.com>', '')
                )
            end as main_message,
            {
                name: name, email: email,
                user: {login: login, databaseId: 60_000_000 + place}
            } as author,
            if(nth = 0 and state = 'MERGED',
                {
                    name: 'GitHub', email: 'noreply@github.com',
                    user: {login: 'web-flow', databaseId: 19_864_447}
                },
                author
            ) as committer,
            [
                {
                    oid: sha('main', pull - 1, 0),
                    committedDate: instant(opened_at - interval 1 day)
                },
                {oid: sha('branch', pull, 4), committedDate: instant(opened_at)}
            ][:if(nth = 0 and is_merge, 2, 1)] as parents,
        from pulls, range(5) as numbers (nth)
        """
    )
    connection.execute(
        f"""
        insert into {github.COMMITS.qualified_name} by name
        select
            repository_id,
            main_sha as commit_sha,
            to_json({{
                oid: main_sha,
                message: main_message,
                authoredDate: instant(committed_at),
                committedDate: instant(committed_at),
                additions: drawn(400, 'added', pull, nth),
                deletions: drawn(120, 'deleted', pull, nth),
                changedFilesIfAvailable: 3,
                author: author,
                committer: committer,
                parents: {{totalCount: len(parents), nodes: parents}}
            }})::varchar as body,
            'graphql' as api_version,
            fetched_at() as fetched_at,
            '{RUN}' as run_id,
        from commits
        order by repository_id, committed_at
        """
    )
    connection.execute(
        f"""
        insert into {github.PULL_REQUESTS.qualified_name} by name
        with branches as (
            select
                pull,
                list({{
                    commit: {{
                        oid: branch_sha,
                        message: branch_message,
                        authoredDate: instant(committed_at),
                        committedDate: instant(committed_at),
                        author: author,
                        committer: committer,
                        parents: {{totalCount: 1}}
                    }}
                }} order by nth) as nodes,
            from commits
            where nth > 0
            group by pull
        )
        select
            repository_id,
            number as pull_request_number,
            to_json({{
                fullDatabaseId: (2_100_000_000 + pull)::varchar,
                number: number,
                title: title,
                body: if(is_claude, e'Part of the plan.\\n\\n🤖 Generated with [Claude Code]'
                    || '(https://claude.com/claude-code)', 'Part of the plan, see the board.'),
                state: state,
                isDraft: false,
                createdAt: instant(opened_at),
                updatedAt: instant(closed_at),
                closedAt: if(state = 'OPEN', null, instant(closed_at)),
                mergedAt: if(state = 'MERGED', instant(closed_at), null),
                mergeCommit: if(state = 'MERGED', {{oid: sha('main', pull, 0)}}, null),
                mergedBy: if(state = 'MERGED', {{login: reviewer, __typename: 'User'}}, null),
                author: {{login: login, __typename: 'User'}},
                additions: drawn(900, 'added', pull),
                deletions: drawn(300, 'deleted', pull),
                changedFiles: 3,
                headRefName: 'topic-' || number,
                headRefOid: sha('branch', pull, 4),
                baseRefName: 'main',
                isCrossRepository: false,
                labels: {{totalCount: 0, nodes: []::varchar[]}},
                commits: {{
                    totalCount: 4,
                    pageInfo: {{hasNextPage: false, endCursor: 'WyJjdXJzb3I6djIi'}},
                    nodes: nodes
                }},
                files: {{
                    totalCount: 3,
                    pageInfo: {{hasNextPage: false, endCursor: 'WyJjdXJzb3I6djIi'}},
                    nodes: list_transform(
                        ['app/report.py', 'docs/session.md', 'package-lock.json'],
                        lambda path: {{
                            path: path,
                            additions: drawn(300, path, pull),
                            deletions: drawn(100, path, pull),
                            changeType: 'MODIFIED'
                        }}
                    )
                }},
                reviews: {{
                    totalCount: 1,
                    pageInfo: {{hasNextPage: false, endCursor: 'WyJjdXJzb3I6djIi'}},
                    nodes: [{{
                        fullDatabaseId: (3_100_000_000 + pull)::varchar,
                        state: if(state = 'MERGED', 'APPROVED', 'COMMENTED'),
                        submittedAt: instant(closed_at - interval 30 minute),
                        author: {{login: reviewer, __typename: 'User'}}
                    }}]
                }}
            }})::varchar as body,
            '[]' as more_commits,
            '[]' as more_files,
            '[]' as more_reviews,
            'graphql' as api_version,
            fetched_at() as fetched_at,
            '{RUN}' as run_id,
        from pulls
        join branches using (pull)
        order by repository_id, number
        """
    )


def _list_console(connection: duckdb.DuckDBPyConnection) -> None:
    one = "select 'current' as window_key, 0 as position"
    _list(
        connection,
        endpoints.USERS,
        """
        select 'current' as window_key, place as position, {
            id: user_id, type: 'user', email: email, name: name, role: 'developer',
            added_at: '2025-10-01T08:00:00.000000Z'
        } as item from people
        """,
    )
    _list(
        connection,
        endpoints.API_KEYS,
        """
        select 'current' as window_key, place as position, {
            id: api_key_id, type: 'api_key', name: 'claude_code_key_' || login,
            created_at: '2025-10-01T08:00:00Z', created_by: {id: user_id, type: 'user'},
            expires_at: null::varchar, partial_key_hint: 'sk-ant-api03-...', status: 'active',
            principal: null::varchar, scope: {type: 'workspace', workspace_id: workspace_id},
            workspace_id: workspace_id
        } as item from people
        """,
    )
    _list(
        connection,
        endpoints.WORKSPACES,
        """
        select distinct 'current' as window_key, workspace_id as position, {
            id: workspace_id, type: 'workspace', name: 'Workspace ' || right(workspace_id, 3),
            display_color: '#2F7F6D', created_at: '2025-09-13T09:00:00Z',
            archived_at: null::varchar, tags: {cost_center: 'eng-' || right(workspace_id, 3)}
        } as item from people
        """,
    )
    _list(
        connection,
        endpoints.WORKSPACE_MEMBERS,
        """
        select workspace_id as window_key, place as position, {
            type: 'workspace_member', user_id: user_id, workspace_id: workspace_id,
            workspace_role: 'workspace_developer'
        } as item from people
        """,
    )
    _list(
        connection,
        endpoints.ORGANIZATION,
        f"""
        {one}, {{
            id: '0f7d8c1e-33aa-4b52-9a70-6d1f5b0e9c44', type: 'organization', name: 'Bulk (demo)'
        }} as item
        """,
    )


def _list(connection: duckdb.DuckDBPyConnection, directory: kinds.Directory, items: str) -> None:
    """Replace a directory's pages by those of ``items`` and keep its history."""
    table = directory.table
    body = (
        "any_value(item)"
        if directory.paging == "object"
        else "'{\"data\":[' || string_agg(item, ',' order by position) || ']}'"
    )
    connection.execute(f"delete from {table.qualified_name}")
    connection.execute(
        f"""
        insert into {table.qualified_name} by name
        with numbered as (
            select
                window_key,
                position,
                to_json(item)::varchar as item,
                1 + (row_number() over (partition by window_key order by position) - 1) // 1_000
                    as page_number,
            from ({items})
        ),
        pages as (
            select window_key, page_number, count(*) as record_count, {body} as body,
            from numbered
            group by all
        )
        select
            window_key,
            page_number,
            page_number = max(page_number) over (partition by window_key) as is_last_page,
            0 as records_before,
            record_count,
            strlen(body) as byte_count,
            body,
            '{directory.path}' as request_path,
            'limit=1000' as request_query,
            '{directory.api_version}' as api_version,
            fetched_at() as fetched_at,
            '{RUN}' as run_id,
        from pages
        """
    )
    if directory.entity_id:
        keep_versions(
            connection,
            table,
            scopes=f"select window_key as scope, fetched_at as read_at from {table.qualified_name}",
            entities=f"""
                select window_key as scope, item ->> '{directory.entity_id}' as entity_id,
                    item::varchar as body
                from (
                    select window_key, unnest(from_json(body, '{{"data": ["JSON"]}}').data) as item
                    from {table.qualified_name}
                )
            """,
            run_id=RUN,
        )


def _list_github(connection: duckdb.DuckDBPyConnection) -> None:
    repositories, members = github.REPOSITORIES, github.MEMBERS
    for table in (repositories, members):
        connection.execute(f"delete from {table.qualified_name}")
    connection.execute(
        f"""
        insert into {repositories.qualified_name} by name
        select
            700_000_000 + first_repository as repository_id,
            'bulk/service-' || first_repository as repository,
            true as is_active,
            to_json({{
                databaseId: repository_id, nameWithOwner: repository, isArchived: false,
                isFork: false, isPrivate: true, createdAt: '2025-05-04T08:00:00Z',
                pushedAt: instant(fetched_at()),
                defaultBranchRef: {{name: 'main', target: {{oid: sha('main', 0, 0)}}}},
                pullRequests: {{nodes: [{{updatedAt: instant(fetched_at())}}]}}
            }})::varchar as body,
            'graphql' as api_version,
            fetched_at() as fetched_at,
            '{RUN}' as run_id,
        from (select distinct first_repository from people)
        """
    )
    connection.execute(
        f"""
        insert into {members.qualified_name} by name
        select
            'bulk' as organization,
            60_000_000 + place as member_id,
            to_json({{login: login, id: member_id, type: 'User', site_admin: false}})::varchar
                as body,
            '2022-11-28' as api_version,
            fetched_at() as fetched_at,
            '{RUN}' as run_id,
        from people
        """
    )
    for table, scope, entity in (
        (repositories, "'current'", "repository_id"),
        (members, "organization", "member_id"),
    ):
        read = f"from {table.qualified_name}"
        keep_versions(
            connection,
            table,
            scopes=f"select {scope} as scope, fetched_at as read_at {read}",
            entities=f"select {scope} as scope, {entity}::varchar as entity_id, body {read}",
            run_id=RUN,
        )


def _count(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring the ledgers in line with what is stored."""
    for report in endpoints.REPORTS:
        ledger.settle_pages(connection, report.table, held_back=report.held_back)
    for directory in endpoints.DIRECTORIES:
        ledger.settle_pages(connection, directory.table)
    # Not `ledger.settle_repositories`, which looks through all commits for each repository.
    connection.execute(f"delete from raw_github.{raw.LEDGER_TABLE}")
    for table, window in (
        (github.REPOSITORIES, "'current'"),
        (github.PULL_REQUESTS, "repository_id::varchar"),
        (github.COMMITS, "repository_id::varchar"),
        (github.MEMBERS, "organization"),
    ):
        connection.execute(
            f"""
            insert into raw_github.{raw.LEDGER_TABLE} by name
            select
                'github' as source,
                '{table.name}' as endpoint,
                {window} as window_key,
                timestamptz '{FIRST_DAY} 00:00:00+00' as window_start,
                max(fetched_at) as window_end,
                'complete' as status,
                ceil(count(*) / 100)::bigint as page_count,
                count(*) as record_count,
                sum(strlen(body))::bigint as byte_count,
                min(fetched_at) as first_fetched_at,
                max(fetched_at) as last_fetched_at,
                any_value(api_version) as api_version,
                '{RUN}' as run_id,
            from {table.qualified_name}
            group by all
            """
        )
