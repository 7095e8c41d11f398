-- On a branch and on the default branch: a commit that is on both is the same commit.
with commits as (

    select repository_id, commit_sha, author_name, author_email, committer_name, committer_email
    from {{ ref('stg_github__commits') }}
    -- A merge is judged by its own trailers alone: agents press merge buttons, and pull main into
    -- their branches, without writing anything.
    where not is_merge

    union all by name

    select repository_id, commit_sha, author_name, author_email, committer_name, committer_email
    from {{ ref('stg_github__pull_request_commits') }}
    where not is_merge

),

pull_requests as (

    select * from {{ ref('stg_github__pull_requests') }}

),

-- Few people write many commits: each pair of author and committer is judged once.
signatures as (

    select distinct
        author_name,
        author_email,
        committer_name,
        committer_email
    from commits

),

identities as (

    select
        author_name as name_as_written,
        author_email as address_as_written
    from signatures

    union

    select
        committer_name as name_as_written,
        committer_email as address_as_written
    from signatures

),

judged_identities as (

    select
        name_as_written,
        address_as_written,
        {{ attribution_claude_confidence('identity_name', 'identity_address') }}
            as claude_confidence,
        {{ attribution_other_agent('identity_name', 'identity_address') }} as other_agent
    from (
        select
            *,
            lower(trim(coalesce(name_as_written, ''))) as identity_name,
            lower(trim(coalesce(address_as_written, ''))) as identity_address
        from identities
    )

),

agent_identities as (

    select * from judged_identities
    where claude_confidence is not null or other_agent is not null

),

-- Cloud sessions and the GitHub action author commits themselves. The name decides for aider:
-- "(aider)" on the author means it wrote the change, on the committer alone it only committed a
-- person's edits.
authors as (

    select distinct
        commits.repository_id,
        'commit' as subject_type,
        commits.commit_sha as subject_id,
        case agent_identities.claude_confidence
            when 'medium' then 'author_unusual_mailbox'
            when 'low' then 'author_uncertain_name'
            else 'author_identity'
        end as rule,
        case
            when agent_identities.claude_confidence is not null then 'claude'
            else agent_identities.other_agent
        end as agent,
        'author' as evidence_source,
        commits.author_name as matched_text
    from commits
    inner join agent_identities
        on
            commits.author_name is not distinct from agent_identities.name_as_written
            and commits.author_email is not distinct from agent_identities.address_as_written

),

committers as (

    select distinct
        commits.repository_id,
        'commit' as subject_type,
        commits.commit_sha as subject_id,
        'committer_identity' as rule,
        'claude' as agent,
        'committer' as evidence_source,
        commits.committer_name as matched_text
    from commits
    inner join agent_identities
        on
            commits.committer_name is not distinct from agent_identities.name_as_written
            and commits.committer_email is not distinct from agent_identities.address_as_written
            and agent_identities.claude_confidence = 'high'
    anti join agent_identities as claude_authors
        on
            commits.author_name is not distinct from claude_authors.name_as_written
            and commits.author_email is not distinct from claude_authors.address_as_written
            and claude_authors.claude_confidence is not null

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
