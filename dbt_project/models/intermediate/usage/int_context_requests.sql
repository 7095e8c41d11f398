{%- set kinds = priced_token_kinds() -%}
-- Long: one chain from what two sources tell to what each request wrote again and what that costs.
-- Telemetry and transcripts alone tell of single requests, and one request may be in both.
with teams as (

    select * from {{ ref('int_team_memberships') }}
    where is_primary

),

prices as (

    select * from {{ ref('list_prices') }}

),

telemetry as (

    select * from {{ ref('int_telemetry_requests') }}

),

transcripts as (

    select
        * replace (coalesce(person_key, 'unknown') as person_key),
        {{ route_of_transcripts() }} as usage_route
    from {{ ref('int_local_responses_priced') }}

),

-- A compaction reads what the main thread has cached; titles, hooks and agents have contexts of
-- their own.
sent as (

    select
        'telemetry' as usage_source,
        {{ route_of_telemetry() }} as usage_route,
        request_key,
        coalesce(session_id, request_key) as session_key,
        coalesce(person_key, 'unknown') as person_key,
        team_name,
        case
            when agent_name is not null then agent_name
            when regexp_matches(coalesce(query_source, ''), '^(sdk|repl_main_thread|compact|$)')
                then 'main'
            else query_source
        end as thread,
        agent_name is not null or starts_with(coalesce(query_source, ''), 'agent:') as is_subagent,
        coalesce(query_source, '') = 'compact' as is_compaction,
        list_cost_usd is not null as has_price,
        model,
        {% for tokens, _, _ in kinds -%}
        coalesce({{ tokens }}, 0) as {{ tokens }},
        {% endfor -%}
        -- An event is written when the answer has ended.
        requested_at - to_milliseconds(coalesce(duration_ms, 0)) as started_at,
        requested_at as ended_at,
        usage_date
    from telemetry

),

-- Transcripts that do not say how they were paid may tell of what telemetry tells on any way.
known as (

    select distinct
        usage_date,
        person_key,
        unnest([usage_route, 'unknown']) as usage_route
    from sent

),

exported as (

    select
        'local' as usage_source,
        transcripts.usage_route,
        transcripts.message_id as request_key,
        coalesce(transcripts.session_key, transcripts.message_id) as session_key,
        transcripts.person_key,
        {{ team_of_day() }} as team_name,
        case
            when transcripts.is_subagent then coalesce(transcripts.agent_type, 'subagent')
            else 'main'
        end as thread,
        transcripts.is_subagent,
        false as is_compaction,
        transcripts.list_cost_usd is not null as has_price,
        transcripts.model,
        {% for tokens, _, _ in kinds -%}
        coalesce(transcripts.{{ tokens }}, 0) as {{ tokens }},
        {% endfor -%}
        transcripts.first_at as started_at,
        transcripts.first_at as ended_at,
        transcripts.usage_date
    from transcripts
    anti join known
        on
            transcripts.usage_date = known.usage_date
            and transcripts.person_key = known.person_key
            and transcripts.usage_route = known.usage_route
    {{ join_primary_team('transcripts', 'usage_date') }}

),

requests as (

    select * from sent
    union all by name
    select * from exported

),

model_prices as (

    {{ model_prices('requests') }}

),

-- After a compaction a thread begins anew.
threads as (

    select
        *,
        count(*) filter (where is_compaction) over (
            partition by usage_source, session_key, thread
            order by ended_at, request_key
            rows between unbounded preceding and 1 preceding
        ) as compactions_before
    from requests

),

-- Each model has a cache of its own.
followed as (

    select
        *,
        lag(cache_read_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens) over cache
            as cached_before_tokens,
        started_at - lag(ended_at) over cache as pause,
        count(*) over (
            partition by usage_source, session_key, thread, compactions_before
            order by ended_at, request_key
            rows between 1 following and unbounded following
        ) as later_request_count
    from threads
    window cache as (
        partition by usage_source, session_key, thread, compactions_before, model
        order by ended_at, request_key
    )

),

-- What was in the cache, is not read from it, and is written again.
lost as (

    select
        *,
        case
            when pause > interval 5 minutes
                then
                    least(
                        cache_creation_5m_tokens,
                        greatest(cached_before_tokens - cache_read_tokens, 0)
                    )
            else 0
        end as rewritten_5m_tokens,
        case
            when pause > interval 1 hour
                then
                    least(
                        cache_creation_1h_tokens,
                        greatest(
                            cached_before_tokens - cache_read_tokens - cache_creation_5m_tokens, 0
                        )
                    )
            else 0
        end as rewritten_1h_tokens
    from followed

),

priced as (

    select
        lost.* exclude (cached_before_tokens, pause, has_price),
        {% for _, rate, _ in kinds -%}
        model_prices.{{ rate }},
        {% endfor -%}
        {% for tokens, rate, _ in kinds -%}
        {{ list_price_of_tokens('lost.' ~ tokens, 'model_prices.' ~ rate) }}
        {{- ' +' if not loop.last else ' as cost_usd,' }}
        {% endfor -%}
        {% for tokens, rate, _ in kinds -%}
        {{ list_price_of_tokens('lost.' ~ tokens, 'cheaper.' ~ rate) }}
        {{- ' +' if not loop.last else ' as cheaper_cost_usd,' }}
        {% endfor -%}
        {{ list_price_of_tokens(
            'lost.rewritten_5m_tokens', 'model_prices.cache_write_5m_usd_per_million'
        ) }}
        + {{ list_price_of_tokens(
            'lost.rewritten_1h_tokens', 'model_prices.cache_write_1h_usd_per_million'
        ) }} as rewritten_cost_usd,
        {{ list_price_of_tokens(
            'lost.rewritten_5m_tokens + lost.rewritten_1h_tokens',
            'model_prices.cache_read_usd_per_million'
        ) }} as read_instead_cost_usd,
        -- Not of fast answers, and of no model that the list does not have.
        lost.has_price and model_prices.model is not null as has_price
    from lost
    left join model_prices
        on lost.model = model_prices.model and lost.usage_date = model_prices.usage_date
    left join prices as cheaper
        on
            cheaper.model = '{{ var("cheaper_model") }}'
            and lost.usage_date >= coalesce(cheaper.valid_from, date '0001-01-01')
            and lost.usage_date < coalesce(cheaper.valid_to, date '9999-12-31')

)

select
    * replace (
        case when has_price then cast(cost_usd as decimal(24, 12)) end as cost_usd,
        case when has_price then cast(cheaper_cost_usd as decimal(24, 12)) end as cheaper_cost_usd,
        case when has_price then cast(rewritten_cost_usd as decimal(24, 12)) end
            as rewritten_cost_usd,
        case when has_price then cast(read_instead_cost_usd as decimal(24, 12)) end
            as read_instead_cost_usd
    )
from priced
