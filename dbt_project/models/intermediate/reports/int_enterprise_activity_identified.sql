with activity as (

    select * from {{ ref('stg_anthropic__enterprise_user_activity') }}

),

members as (

    select * from {{ ref('int_members_known') }}

),

identified as (

    select
        activity.*,
        -- The report forgets the address of a deleted person, the history does not.
        coalesce(activity.email_address, members.email_address) as actor_email_address,
        coalesce(activity.session_count, 0)
        + activity.lines_added
        + activity.lines_removed
        + activity.commit_count
        + activity.pull_request_count
        + coalesce(list_sum(list_transform(
            map_values(activity.tool_actions),
            lambda tool: tool.accepted_count + tool.rejected_count
        )), 0) > 0 as used_claude_code
    from activity
    left join members on activity.user_id = members.user_id

)

select
    -- The key that the Console report's record of the same person has.
    md5(concat_ws('|', 'user_actor', coalesce(actor_email_address, user_id, ''))) as actor_key,
    'user_actor' as actor_type,
    user_id,
    actor_email_address,
    session_count,
    lines_added,
    lines_removed,
    commit_count,
    pull_request_count,
    tool_actions,
    other_products,
    used_claude_code,
    usage_date
from identified
