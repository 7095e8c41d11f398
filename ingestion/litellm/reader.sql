-- Made by `make registers` of ingestion/litellm/columns.py: changes by hand are lost.
--
-- Views of the columns that claude-usage reads of LiteLLM's log, and a role that may read them and
-- nothing else: no message, answer, address or error is in them. Run it in LiteLLM's database as
-- the owner of its tables, give the role a password, and run it again after an upgrade of LiteLLM:
--
--     psql "$LITELLM_OWNER_URL" -f reader.sql
--     psql "$LITELLM_OWNER_URL" -c '\password claude_usage_reader'
--
-- Postgres refuses to change the type of a column that a view is made of. Where an upgrade of
-- LiteLLM ends with such an error: drop schema claude_usage cascade, upgrade, run this again.
\set ON_ERROR_STOP on
begin;

create schema if not exists claude_usage;

do $role$
begin
    if not exists (select from pg_roles where rolname = 'claude_usage_reader') then
        create role claude_usage_reader login noinherit;
    end if;
end
$role$;
alter role claude_usage_reader set default_transaction_read_only = on;

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
    log regclass := to_regclass('"LiteLLM_SpendLogs"');
    daily regclass;
    entity text;
    totals text[] := '{}';
    opened text := $sql$
    cross join lateral jsonb_to_record(case when jsonb_typeof(log.metadata) = 'object' then log.metadata else '{}' end) as meta(user_api_key_alias text, user_api_key_team_alias text, user_api_key_user_email text, status text, usage_object jsonb, additional_usage_values jsonb, cost_breakdown jsonb)
    cross join lateral jsonb_to_record(case when jsonb_typeof(meta.usage_object) = 'object' then meta.usage_object else '{}' end) as usage(cache_read_input_tokens text, cache_creation_input_tokens text, service_tier text, speed text, inference_geo text, prompt_tokens_details jsonb, cache_creation jsonb)
    cross join lateral jsonb_to_record(case when jsonb_typeof(meta.additional_usage_values) = 'object' then meta.additional_usage_values else '{}' end) as extra(cache_read_input_tokens text, cache_creation_input_tokens text, service_tier text, speed text, inference_geo text, prompt_tokens_details jsonb, cache_creation jsonb)
    cross join lateral jsonb_to_record(case when jsonb_typeof(meta.cost_breakdown) = 'object' then meta.cost_breakdown else '{}' end) as cost(input_cost text, output_cost text, cache_read_cost text, cache_creation_cost text, tool_usage_cost text, service_tier text, vertex_location text)$sql$;
begin
    if log is null then
        raise exception 'There is no table "LiteLLM_SpendLogs" here: is this the database of LiteLLM?';
    end if;
    if not exists (select from pg_attribute where attrelid = log and attname = 'metadata') then
        opened := '';
    end if;
    execute 'drop view if exists claude_usage.litellm_requests, claude_usage.litellm_daily_totals';
    execute format(
        'create view claude_usage.litellm_requests as select %s from %s as log%s',
        pg_temp.selected(log, array[
            array['request_id', 'text', $c$log."request_id"$c$, 'request_id'],
            array['call_type', 'text', $c$log."call_type"$c$, 'call_type'],
            array['api_key', 'text', $c$case when log."api_key" ~ '^([0-9a-f]{64})?$' then log."api_key" else encode(sha256(convert_to(log."api_key", 'UTF8')), 'hex') end$c$, 'api_key'],
            array['key_alias', 'text', $c$meta.user_api_key_alias$c$, 'metadata'],
            array['team_id', 'text', $c$log."team_id"$c$, 'team_id'],
            array['team_alias', 'text', $c$meta.user_api_key_team_alias$c$, 'metadata'],
            array['organization_id', 'text', $c$log."organization_id"$c$, 'organization_id'],
            array['user_id', 'text', $c$log."user"$c$, 'user'],
            array['user_email', 'text', $c$meta.user_api_key_user_email$c$, 'metadata'],
            array['end_user', 'text', $c$log."end_user"$c$, 'end_user'],
            array['session_id', 'text', $c$log."session_id"$c$, 'session_id'],
            array['started_at', 'timestamp', $c$log."startTime"$c$, 'startTime'],
            array['ended_at', 'timestamp', $c$log."endTime"$c$, 'endTime'],
            array['model', 'text', $c$log."model"$c$, 'model'],
            array['model_group', 'text', $c$log."model_group"$c$, 'model_group'],
            array['custom_llm_provider', 'text', $c$log."custom_llm_provider"$c$, 'custom_llm_provider'],
            array['status', 'text', $c$log."status"$c$, 'status'],
            array['status_told', 'text', $c$meta.status$c$, 'metadata'],
            array['cache_hit', 'text', $c$log."cache_hit"$c$, 'cache_hit'],
            array['spend', 'text', $c$log."spend"$c$, 'spend'],
            array['prompt_tokens', 'text', $c$log."prompt_tokens"$c$, 'prompt_tokens'],
            array['completion_tokens', 'text', $c$log."completion_tokens"$c$, 'completion_tokens'],
            array['text_tokens', 'text', $c$coalesce(usage.prompt_tokens_details ->> 'text_tokens', extra.prompt_tokens_details ->> 'text_tokens')$c$, 'metadata'],
            array['cache_read_input_tokens', 'text', $c$coalesce(usage.cache_read_input_tokens, extra.cache_read_input_tokens)$c$, 'metadata'],
            array['cache_creation_input_tokens', 'text', $c$coalesce(usage.cache_creation_input_tokens, extra.cache_creation_input_tokens)$c$, 'metadata'],
            array['ephemeral_5m_input_tokens', 'text', $c$coalesce(usage.prompt_tokens_details #>> '{cache_creation_token_details,ephemeral_5m_input_tokens}', extra.prompt_tokens_details #>> '{cache_creation_token_details,ephemeral_5m_input_tokens}', usage.cache_creation ->> 'ephemeral_5m_input_tokens')$c$, 'metadata'],
            array['ephemeral_1h_input_tokens', 'text', $c$coalesce(usage.prompt_tokens_details #>> '{cache_creation_token_details,ephemeral_1h_input_tokens}', extra.prompt_tokens_details #>> '{cache_creation_token_details,ephemeral_1h_input_tokens}', usage.cache_creation ->> 'ephemeral_1h_input_tokens')$c$, 'metadata'],
            array['input_cost', 'text', $c$cost.input_cost$c$, 'metadata'],
            array['output_cost', 'text', $c$cost.output_cost$c$, 'metadata'],
            array['cache_read_cost', 'text', $c$cost.cache_read_cost$c$, 'metadata'],
            array['cache_creation_cost', 'text', $c$cost.cache_creation_cost$c$, 'metadata'],
            array['tool_usage_cost', 'text', $c$cost.tool_usage_cost$c$, 'metadata'],
            array['service_tier', 'text', $c$coalesce(cost.service_tier, usage.service_tier, extra.service_tier)$c$, 'metadata'],
            array['speed', 'text', $c$coalesce(usage.speed, extra.speed)$c$, 'metadata'],
            array['inference_geo', 'text', $c$coalesce(usage.inference_geo, extra.inference_geo)$c$, 'metadata'],
            array['vertex_location', 'text', $c$cost.vertex_location$c$, 'metadata'],
            array['request_tags', 'text', $c$log."request_tags"$c$, 'request_tags']
        ]),
        log,
        opened
    );
    foreach entity in array array['user', 'team'] loop
        daily := to_regclass(format('"LiteLLM_Daily%sSpend"', initcap(entity)));
        continue when daily is null;
        totals := totals || format(
            'select %L::text as entity, %s from %s as log group by log."date"',
            entity,
            pg_temp.selected(daily, array[
            array['usage_date', 'text', $c$log."date"$c$, 'date'],
            array['spend_usd', 'text', $c$sum(log."spend"::numeric)$c$, 'spend'],
            array['prompt_tokens', 'text', $c$sum(log."prompt_tokens"::numeric)$c$, 'prompt_tokens'],
            array['completion_tokens', 'text', $c$sum(log."completion_tokens"::numeric)$c$, 'completion_tokens'],
            array['cache_read_input_tokens', 'text', $c$sum(log."cache_read_input_tokens"::numeric)$c$, 'cache_read_input_tokens'],
            array['cache_creation_input_tokens', 'text', $c$sum(log."cache_creation_input_tokens"::numeric)$c$, 'cache_creation_input_tokens'],
            array['api_requests', 'text', $c$sum(log."api_requests"::numeric)$c$, 'api_requests'],
            array['failed_requests', 'text', $c$sum(log."failed_requests"::numeric)$c$, 'failed_requests']
            ]),
            daily
        );
    end loop;
    if totals <> '{}' then
        execute 'create view claude_usage.litellm_daily_totals as '
            || array_to_string(totals, ' union all ');
    end if;
end
$views$;

grant usage on schema claude_usage to claude_usage_reader;
grant select on all tables in schema claude_usage to claude_usage_reader;

commit;
