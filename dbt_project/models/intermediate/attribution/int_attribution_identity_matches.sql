-- Few people write many commits: each pair of author and committer is judged once.
with signatures as (

    select author_name, author_email, committer_name, committer_email
    from {{ ref('stg_github__commits') }}

    union

    select author_name, author_email, committer_name, committer_email
    from {{ ref('stg_github__pull_request_commits') }}

),

judged_signatures as (

    select
        author_name,
        author_email,
        committer_name,
        committer_email,
        {{ attribution_claude_confidence('author', 'author_address') }} as author_confidence,
        {{ attribution_other_agent('author', 'author_address') }} as author_other_agent,
        {{ attribution_claude_confidence('committer', 'committer_address') }}
            as committer_confidence
    from (
        select
            *,
            lower(trim(coalesce(author_name, ''))) as author,
            lower(trim(coalesce(author_email, ''))) as author_address,
            lower(trim(coalesce(committer_name, ''))) as committer,
            lower(trim(coalesce(committer_email, ''))) as committer_address
        from signatures
    )

),

agent_signatures as (

    select * from judged_signatures
    where
        author_confidence is not null
        or author_other_agent is not null
        or committer_confidence = 'high'

),

-- A merge is judged by its own trailers alone: agents press merge buttons, and pull main into
-- their branches, without writing anything.
commits as (

    select repository_id, commit_sha, author_name, author_email, committer_name, committer_email
    from {{ ref('stg_github__commits') }}
    where not is_merge

    union all by name

    select repository_id, commit_sha, author_name, author_email, committer_name, committer_email
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
        case author_confidence
            when 'medium' then 'author_unusual_mailbox'
            when 'low' then 'author_uncertain_name'
            else 'author_identity'
        end as rule,
        case when author_confidence is not null then 'claude' else author_other_agent end as agent,
        'author' as evidence_source,
        author_name as matched_text
    from agent_commits
    where author_confidence is not null or author_other_agent is not null

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
    where committer_confidence = 'high' and author_confidence is null

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
        repository_id,
        'pull_request' as subject_type,
        pull_request_number::varchar as subject_id,
        'pull_request_author' as rule,
        case replace(lower(author_login), '[bot]', '')
            when 'claude' then 'claude'
            when 'copilot' then 'copilot'
            when 'copilot-swe-agent' then 'copilot'
            when 'cursor' then 'cursor'
            when 'chatgpt-codex-connector' then 'codex'
            when 'devin-ai-integration' then 'devin'
            when 'google-labs-jules' then 'jules'
            when 'coderabbitai' then 'coderabbit'
            when 'pullfrog' then 'other'
        end as agent,
        'pull_request_author' as evidence_source,
        author_login as matched_text
    from pull_requests
    where author_kind = 'Bot'

),

-- claude/… but not claude-…, which people use for topics and work trees. A
-- name that a session made up (slack-…, or words and a random id) is told from one that a person
-- typed.
head_branches as (

    select
        repository_id,
        'pull_request' as subject_type,
        pull_request_number::varchar as subject_id,
        case
            when
                regexp_matches(head_branch_name, '^claude/slack-.')
                or (
                    regexp_matches(
                        head_branch_name, '^claude/.+-([0-9A-Za-z]{5,6}|01[0-9A-Za-z]{20,})$'
                    )
                    and regexp_matches(regexp_extract(head_branch_name, '[^-]*$'), '[0-9A-Z]')
                )
                then 'session_branch'
            else 'head_branch'
        end as rule,
        regexp_extract(
            lower(head_branch_name), '^(claude|codex|copilot|cursor|devin|jules|amp|opencode)/.', 1
        ) as agent,
        'head_branch' as evidence_source,
        head_branch_name as matched_text
    from pull_requests
    where
        regexp_matches(
            lower(head_branch_name), '^(claude|codex|copilot|cursor|devin|jules|amp|opencode)/.'
        )

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
        and {{ attribution_other_agent(
            "lower(trim(pull_request_commits.author_name))",
            "lower(pull_request_commits.author_email)"
        ) }} is null

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
    {{ attribution_model_of('matched_text') }} as model,
    evidence_source,
    {{ attribution_masked('matched_text') }} as matched_text
from matches
where agent is not null
