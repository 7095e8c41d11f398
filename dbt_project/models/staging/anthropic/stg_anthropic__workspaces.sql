with pages as (

    select
        page_number,
        fetched_at,
        from_json(
            body,
            '{
                "data": [{
                    "id": "VARCHAR",
                    "name": "VARCHAR",
                    "created_at": "VARCHAR",
                    "archived_at": "VARCHAR",
                    "tags": "MAP(VARCHAR, VARCHAR)",
                    "data_residency": {
                        "workspace_geo": "VARCHAR",
                        "default_inference_geo": "VARCHAR"
                    }
                }]
            }'
        ).data as workspaces
    from {{ source('raw_anthropic', 'workspaces') }}

),

workspaces as (

    select
        page_number,
        unnest(workspaces) as workspace,
        {{ utc_timestamp('fetched_at') }} as loaded_at
    from pages

)

select
    workspace.id as workspace_id,
    workspace.name as workspace_name,
    workspace.data_residency.workspace_geo as workspace_geo,
    workspace.data_residency.default_inference_geo as default_inference_geo,
    workspace.tags as tags,
    workspace.archived_at is not null as is_archived,
    {{ utc_timestamp('workspace.created_at') }} as created_at,
    {{ utc_timestamp('workspace.archived_at') }} as archived_at,
    loaded_at
from workspaces
-- The list moves while it is read, so a workspace can stand on two pages.
qualify row_number() over (partition by workspace.id order by page_number desc) = 1
