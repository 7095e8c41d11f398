"""Talk to the APIs and land what they answer in the warehouse's raw schemas.

Nothing in here knows Dagster, dbt or Great Expectations, and nothing in here says what a number
means: that is the work of `dbt_project/`.
"""

import os

# dlt reads it when it is imported: what is set in `dlt.config` afterwards comes too late.
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
