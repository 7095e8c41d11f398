"""LiteLLM: one row per request that went through a gateway, of its database or its API."""
