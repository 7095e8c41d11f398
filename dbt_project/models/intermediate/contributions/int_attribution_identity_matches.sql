-- Long: each rule has a CTE of its own.
-- Few people write many commits: each pair of author and committer is judged once.
with spellings as (

    select * from {{ ref('agents') }}

),

known_identities as (

    select * from {{ ref('agent_identities') }}

),

signatures as (

    select author_name, author_email, author_login, committer_name, committer_email
    from {{ ref('stg_github__commits') }}

    union

    select author_name, author_email, author_login, committer_name, committer_email
    from {{ ref('stg_github__pull_request_commits') }}

),

lower_signatures as (

    select
        *,
        lower(trim(coalesce(author_name, ''))) as author,
        lower(trim(coalesce(author_email, ''))) as author_address,
        lower(coalesce(author_login, '')) as author_account,
        lower(trim(coalesce(committer_name, ''))) as committer,
        lower(trim(coalesce(committer_email, ''))) as committer_address
    from signatures

),

identities as (

    select author as name, author_address as address, author_account as account
    from lower_signatures
    union
    select committer as name, committer_address as address, '' as account
    from lower_signatures

),

{{ attribution_identity_ctes('identities') }},

agent_signatures as (

    select
        lower_signatures.*,
        authors.agent as author_agent,
        authors.agent_confidence as author_confidence,
        committers.agent = 'claude' and committers.agent_confidence = 'high' as is_claude_committer
    from lower_signatures
    left join identified as authors
        on
            lower_signatures.author = authors.name
            and lower_signatures.author_address = authors.address
            and lower_signatures.author_account = authors.account
            and authors.agent is not null
    left join identified as committers
        on
            lower_signatures.committer = committers.name
            and lower_signatures.committer_address = committers.address
            and committers.account = ''
    where
        authors.agent is not null
        or (committers.agent = 'claude' and committers.agent_confidence = 'high')

),

-- A merge is judged by its own trailers alone: agents press merge buttons, and pull main into
-- their branches, without writing anything.
commits as (

    select
        repository_id,
        commit_sha,
        author_name,
        author_email,
        author_login,
        committer_name,
        committer_email
    from {{ ref('stg_github__commits') }}
    where not is_merge

    union all by name

    select
        repository_id,
        commit_sha,
        author_name,
        author_email,
        author_login,
        committer_name,
        committer_email
    from {{ ref('stg_github__pull_request_commits') }}
    where not is_merge

),

-- On a branch and on the default branch it is the same commit.
agent_commits as (

    select distinct
        commits.repository_id,
        commits.commit_sha,
        agent_signatures.*
    from commits
    inner join agent_signatures
        on
            commits.author_name is not distinct from agent_signatures.author_name
            and commits.author_email is not distinct from agent_signatures.author_email
            and commits.author_login is not distinct from agent_signatures.author_login
            and commits.committer_name is not distinct from agent_signatures.committer_name
            and commits.committer_email is not distinct from agent_signatures.committer_email

),

-- Cloud sessions and the GitHub action author commits themselves. The name decides for aider:
-- "(aider)" on the author means it wrote the change, on the committer alone it only committed a
-- person's edits.
authors as (

    select
        repository_id,
        'commit' as subject_type,
        commit_sha as subject_id,
        case
            when author_agent <> 'claude' then 'author_identity'
            when author_confidence = 'medium' then 'author_unusual_mailbox'
            when author_confidence = 'bare' then 'author_bare_name'
            when author_confidence = 'low' then 'author_uncertain_name'
            else 'author_identity'
        end as rule,
        author_agent as agent,
        'author' as evidence_source,
        author_name as matched_text
    from agent_commits
    where author_agent is not null

),

committers as (

    select
        repository_id,
        'commit' as subject_type,
        commit_sha as subject_id,
        'committer_identity' as rule,
        'claude' as agent,
        'committer' as evidence_source,
        committer_name as matched_text
    from agent_commits
    where is_claude_committer and author_agent is null

),

pull_requests as (

    select * from {{ ref('stg_github__pull_requests') }}

),

-- Set by Anthropic's contribution metrics after matching sessions to the merged lines.
labels as (

    select
        repository_id,
        'pull_request' as subject_type,
        pull_request_number::varchar as subject_id,
        'pull_request_label' as rule,
        'claude' as agent,
        'label' as evidence_source,
        'claude-code-assisted' as matched_text
    from pull_requests
    where
        list_contains(
            list_transform(label_names, lambda label: lower(trim(label))), 'claude-code-assisted'
        )

),

-- Apps appear as "claude" in GraphQL and as "claude[bot]" in REST. The person's account "claude" is
-- a hint at most, so the kind of the account is asked for.
pull_request_authors as (

    select
        pull_requests.repository_id,
        'pull_request' as subject_type,
        pull_requests.pull_request_number::varchar as subject_id,
        'pull_request_author' as rule,
        known_identities.agent,
        'pull_request_author' as evidence_source,
        pull_requests.author_login as matched_text
    from pull_requests
    inner join known_identities
        on
            known_identities.identity_type = 'github_login'
            and replace(lower(pull_requests.author_login), '[bot]', '')
            = known_identities.identity_value
    where pull_requests.author_kind = 'Bot'

),

-- claude/… but not claude-…, which people use for topics and work trees. Names that nobody types say
-- more: an adjective and a surname, with a short hex behind them, or a random id of both cases.
branch_words as (

    select
        repository_id,
        pull_request_number,
        head_branch_name,
        regexp_extract(
            head_branch_name,
            '^claude/([a-z]+)-([a-z]+)(?:-([0-9a-f]{4,12}))?$',
            ['adjective', 'surname', 'hex']
        ) as words
    from pull_requests
    where starts_with(head_branch_name, 'claude/')

),

made_up_words as (

    select word, word_kind from {{ ref('made_up_branch_words') }}

),

made_up_branches as (

    select
        branch_words.repository_id,
        branch_words.pull_request_number
    from branch_words
    left join made_up_words as adjectives
        on branch_words.words.adjective = adjectives.word and adjectives.word_kind = 'adjective'
    left join made_up_words as surnames
        on branch_words.words.surname = surnames.word and surnames.word_kind = 'surname'
    where
        (adjectives.word is not null and surnames.word is not null)
        -- One of the words may be new to the list when there is a hex, with letters and digits.
        or (
            (adjectives.word is not null or surnames.word is not null)
            and regexp_matches(branch_words.words.hex, '[0-9]')
            and regexp_matches(branch_words.words.hex, '[a-f]')
        )
        or regexp_matches(branch_words.head_branch_name, '^claude/.+-01[0-9A-Za-z]{20,}$')
        or (
            regexp_matches(branch_words.head_branch_name, '^claude/.+-[0-9A-Za-z]{5,6}$')
            and regexp_matches(
                regexp_extract(branch_words.head_branch_name, '[^-]*$'),
                '[0-9a-z].*[A-Z]|[A-Z].*[0-9]|[A-Z].*[a-z].*[A-Z]'
            )
        )

),

head_branches as (

    select
        pull_requests.repository_id,
        'pull_request' as subject_type,
        pull_requests.pull_request_number::varchar as subject_id,
        case
            when made_up_branches.pull_request_number is not null then 'made_up_branch'
            when
                regexp_matches(pull_requests.head_branch_name, '^claude/slack-.')
                or (
                    regexp_matches(pull_requests.head_branch_name, '^claude/.+-[0-9a-z]{5,6}$')
                    and regexp_matches(pull_requests.head_branch_name, '[0-9][^-]*$')
                )
                then 'session_branch'
            else 'head_branch'
        end as rule,
        branch_agents.agent,
        'head_branch' as evidence_source,
        pull_requests.head_branch_name as matched_text
    from pull_requests
    inner join (select distinct agent from {{ ref('agents') }} where agent <> 'other') as branch_agents
        on
            branch_agents.agent
            = lower(regexp_extract(pull_requests.head_branch_name, '^([A-Za-z]+)/.', 1))
    left join made_up_branches
        on
            pull_requests.repository_id = made_up_branches.repository_id
            and pull_requests.pull_request_number = made_up_branches.pull_request_number

),

-- The GitHub action names its branches claude/issue-<n>-<yyyymmdd>-<hhmm> (or pr-) and commits
-- under the identity it is given, often an app of the organisation itself. The first commit of such
-- a branch, when an app wrote it, is the action's.
action_branches as (

    select
        pull_requests.repository_id,
        'pull_request' as subject_type,
        pull_requests.pull_request_number::varchar as subject_id,
        'action_branch' as rule,
        'claude' as agent,
        'head_branch' as evidence_source,
        pull_requests.head_branch_name as matched_text
    from pull_requests
    inner join {{ ref('stg_github__pull_request_commits') }} as pull_request_commits
        on
            pull_requests.repository_id = pull_request_commits.repository_id
            and pull_requests.pull_request_number = pull_request_commits.pull_request_number
            and pull_request_commits.commit_position = 1
    where
        regexp_matches(
            lower(pull_requests.head_branch_name),
            '^claude[/-](issue|pr)-[0-9]+-[0-9]{8}-[0-9]{4}$'
        )
        and regexp_matches(
            lower(pull_request_commits.author_email), '\[bot\]@users\.noreply\.github\.com$'
        )
        and not pull_request_commits.is_merge
        -- Another agent's app is not the action's.
        and not exists (
            select 1 from known_identities
            where
                known_identities.agent <> 'claude'
                and known_identities.identity_type = 'github_login'
                and known_identities.identity_value
                = {{ attribution_account_of('lower(pull_request_commits.author_email)') }}
        )

),

matches as (

    select * from authors
    union all by name
    select * from committers
    union all by name
    select * from labels
    union all by name
    select * from pull_request_authors
    union all by name
    select * from head_branches
    union all by name
    select * from action_branches

)

select
    repository_id,
    subject_type,
    subject_id,
    rule,
    agent,
    -- A name that people have is no model's.
    case
        when rule not in ('author_bare_name', 'author_uncertain_name')
            then {{ attribution_model_of('matched_text') }}
    end as model,
    evidence_source,
    {{ attribution_masked('matched_text') }} as matched_text
from matches
where agent is not null
