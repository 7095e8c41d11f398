"""SQL that pages share: what each filter means for a table that has its column, and words."""

from __future__ import annotations


def _chosen(filter_name: str, column: str) -> str:
    return f"(getvariable('{filter_name}') is null or {column} = getvariable('{filter_name}'))"


IN_DAYS = "usage_date between getvariable('first_day') and getvariable('last_day')"
OF_TEAM = _chosen("team", "team_name")
OF_REPOSITORY = _chosen("repository", "repository")
OF_MODEL = _chosen("model", "model")
OF_WORKSPACE = _chosen("workspace", "workspace_id")

# What a lever of `context_efficiency_monthly` is called.
LEVER_NAME = """case lever
            when 'idle_cache' then 'Cache lost in pauses'
            when 'subagents_on_cheaper_models' then 'Sub-agents'
            when 'compaction' then 'Compaction'
            when 'tool_results' then 'Results of tools'
            else 'Descriptions of MCP tools'
        end"""
