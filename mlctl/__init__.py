"""mlctl: start, check and upgrade machine-learning projects from centrally maintained templates."""

__version__ = "0.1.0"
