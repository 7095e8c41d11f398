"""Forget a person: what leads to them is replaced where it is stored, and when it comes again."""
