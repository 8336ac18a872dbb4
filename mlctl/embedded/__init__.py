"""What a built mlctl carries: the history of `templates/` as a git bundle, and the standards as a plain file."""
