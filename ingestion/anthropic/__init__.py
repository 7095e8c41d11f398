"""Anthropic's Admin API: usage, cost and directories of a Console organisation."""
