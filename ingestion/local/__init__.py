"""What people's machines export of their transcripts (`claude-usage local export`)."""
