with pages as (

    select
        from_json(body, '{"id": "VARCHAR", "name": "VARCHAR"}') as organization,
        {{ utc_timestamp('fetched_at') }} as loaded_at
    from {{ source('raw_anthropic', 'organizations_me') }}

)

select
    organization.id as organization_id,
    organization.name as organization_name,
    loaded_at
from pages
