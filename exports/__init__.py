"""What leaves for tools that people already have, made of the published file alone."""
