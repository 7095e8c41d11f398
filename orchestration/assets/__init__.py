"""The assets, in the order data flows: raw answers, dbt models, checks, the published file."""
