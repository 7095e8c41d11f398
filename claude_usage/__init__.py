"""The command line: says what to run, shows what happened."""
