"""Dagster: what depends on what, when it runs, and what stops it. No HTTP, no SQL, no decisions."""
