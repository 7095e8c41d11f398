"""What the transcripts of Claude Code on this machine tell: counts, never text."""
