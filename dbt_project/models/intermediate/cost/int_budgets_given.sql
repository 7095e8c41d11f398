with given as (

    {{ organisation_seed(
        ref("budgets"),
        {
            "scope_type": "varchar",
            "scope_name": "varchar",
            "budget_usd": "decimal(18, 6)",
            "valid_from": "date",
            "valid_to": "date",
        },
    ) }}

)

select
    scope_type,
    scope_name,
    budget_usd,
    valid_from,
    valid_to
from given
