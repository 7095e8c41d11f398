"""Claude Code's OpenTelemetry: a receiver, files of a collector, and what may be kept of them."""
