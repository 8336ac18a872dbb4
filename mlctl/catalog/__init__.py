"""The central team's bench: list, show, lint, test and start a platform."""
